import re

from django.contrib.staticfiles import finders
from django.test import SimpleTestCase, TestCase

from webapp.api.urls import api


class OpenApi(TestCase):
    def test_is_there_for_everybody_and_names_every_operation_once(self):
        document = self.client.get("/api/v1/openapi.json").json()
        operations = [operation for methods in document["paths"].values() for operation in methods.values()]
        self.assertEqual(len({operation["operationId"] for operation in operations}), len(operations))
        self.assertTrue(all("default" in operation["responses"] and operation["security"] for operation in operations))

    def test_has_a_page_that_loads_everything_from_us_and_runs_nothing_inline(self):
        page = self.client.get("/api/v1/docs")
        text = page.content.decode()
        self.assertEqual(page.status_code, 200)
        self.assertNotRegex(text, r"https?://")
        self.assertNotRegex(text, r"<script(?![^>]*(src=|application/json))|<style|\sstyle=|\son[a-z]+=")
        self.assertEqual([path for path in re.findall(r'(?:src|href)="/static/([^"]+)"', text) if not finders.find(path)], [])


class Bodies(SimpleTestCase):
    def test_refuse_fields_that_are_not_known(self):
        schemas = api.get_openapi_schema()["components"]["schemas"]
        inputs = [schema for name, schema in schemas.items() if name.startswith(("New", "Merge")) or name.endswith(("Change", "Name"))]
        self.assertGreaterEqual(len(inputs), 6)
        self.assertTrue(all(schema["additionalProperties"] is False for schema in inputs))

    def test_of_a_run_offer_every_option_of_training_with_its_bounds(self):
        epochs = api.get_openapi_schema()["components"]["schemas"]["NewRun"]["properties"]["epochs"]
        self.assertEqual((epochs["type"], epochs["minimum"], epochs["maximum"]), ("integer", 1, 1000))
