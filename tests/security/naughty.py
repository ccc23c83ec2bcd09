"""Names that are something else in the wrong place: markup, scripts, templates, formulas, and text that is hard to write."""

MARKS = ('"', "'", "`", "</title>", "</textarea>", "</script>", "-->", "]]>", "\\", "")
ACTS = (
    "<script>window.__xss=1</script>", "<svg onload=window.__xss=1>", "<img src=x onerror=window.__xss=1>", "<details open ontoggle=window.__xss=1>",
    "<iframe srcdoc='<script>parent.__xss=1</script>'>", "<body onload=alert(1)>", "<a href=javascript:window.__xss=1>x</a>", "<math><mi xlink:href=javascript:alert(1)>",
    "<style>@import'javascript:alert(1)'</style>", "<base href=//evil.example/>", "<meta http-equiv=refresh content=0;url=//evil.example>", "<form action=//evil.example><input type=submit>",
    "onmouseover=window.__xss=1 x=", "<object data=javascript:alert(1)>", "<input autofocus onfocus=window.__xss=1>", "<video><source onerror=window.__xss=1>",
    "<svg><script>window.__xss=1</script></svg>", "<template><script>window.__xss=1</script></template>", "<ScRiPt>window.__xss=1</sCrIpT>", "<scr<script>ipt>window.__xss=1</scr</script>ipt>",
)  # fmt: skip
CODE = (
    "{{7*7}}", "${7*7}", "#{7*7}", "<%= 7*7 %>", "{% debug %}", "{{ settings.SECRET_KEY }}", "%(name)s", "%s%s%s%n", "{0.__class__}", "javascript:alert(1)", "data:text/html,<script>alert(1)</script>",
    "__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "null", "undefined", "NaN", "true", "None", "0", "-1", "1e309", "[object Object]", "&lt;script&gt;", "&#60;script&#62;", "%3Cscript%3E",
    "\\x3cscript\\x3e", "\\u003cscript\\u003e", "'; DROP TABLE images; --", "' or 1=1 --", "$(touch /tmp/x)", "`id`", "; ls", "| id", "../../etc/passwd", "CON", "NUL",
)  # fmt: skip
FORMULAS = tuple(start + rest for start in "=+-@" for rest in ("1+1", "cmd|' /C calc'!A0", "HYPERLINK(\"//evil.example\")"))
WRITING = (
    "\u202egpj.exe", "\u200b\u200c\u200d\ufeff猫", "Z\u0351\u0343\u0323a\u0315\u0340l\u0361g\u0489o", "👩‍👩‍👧‍👦", "🏳️‍⚧️", "مرحبا بالعالم", "שלום", "ｆｕｌｌ", "ﬁ", "ı İ ß ẞ", "e\u0301", "é", "\u2028line", "\u2029paragraph", "\ud7ff", "\ufffd",
    "٠١٢", "田中さんにあげて下さい", "ﷺ" * 20, "a" * 5000, "猫" * 400, " 猫 ", "a\tb", "\u00a0", "\u3000犬\u3000", "<", ">", "&", "&amp;", "&nbsp;",
)  # fmt: skip
STRINGS = [*(mark + ">" * bool(mark) + act for mark in MARKS for act in ACTS), *CODE, *FORMULAS, *WRITING]
