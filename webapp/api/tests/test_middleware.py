from webapp.api.tests.calls import ApiCast, missing


class AProgramWithAToken(ApiCast):
    def test_goes_straight_to_its_operation_without_a_session(self):
        self.api.cookies["sessionid"] = "x" * 32
        self.api.get("/api/v1/projects")  # notes that the token was used
        with self.assertNumQueries(2):  # whose token, and the row
            answer = self.api.get(f"/api/v1/models/{missing()}")
        self.assertEqual((answer.status_code, dict(answer.cookies)), (404, {}))

    def test_gets_the_headers_that_keep_an_answer_from_being_a_page(self):
        answer = self.api.get("/api/v1/projects")
        self.assertEqual(answer["Content-Security-Policy"], "default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
        self.assertEqual((answer["X-Content-Type-Options"], answer["X-Frame-Options"]), ("nosniff", "DENY"))
        self.assertEqual(int(answer["Content-Length"]), len(answer.content))

    def test_is_answered_in_the_language_it_asks_for_and_leaves_none_behind(self):
        said = [self.api.get("/api/v1/nothing", headers={"Accept-Language": language}).json()["error"]["message"] for language in ("ja", "en", "")]
        self.assertIn("ありません", said[0])
        self.assertEqual(said[1], said[2])

    def test_is_refused_by_a_name_that_is_not_ours(self):
        with self.settings(ALLOWED_HOSTS=["ai.example.org"]):
            self.assertEqual(self.api.get("/api/v1/projects", headers={"Host": "evil.example.org"}).status_code, 400)
