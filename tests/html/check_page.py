#!/usr/bin/env python3
"""check_page.py PAGE... - is an HTML report what it promises to be?

Self-contained (no address outside the page, hashes of the policy recomputed from the bytes), no style
or handler attribute, well nested, ids unique, every link leads somewhere, headings in order, header
cells scoped, drawings named, text free of control and direction characters, no more than 4 MB.
"""
import base64
import hashlib
import html.parser
import re
import sys

VOID = {"meta", "br", "wbr", "input", "link", "img", "hr"}
BAD_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
MAX_BYTES = 4_000_000


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.ids, self.links, self.headings, self.faults = [], [], [], [], []
        self.policy, self.raw, self.in_raw = "", {"style": [], "script": []}, None
        self.named_by, self.svg = [], []

    def fault(self, words):
        self.faults.append("line %d: %s" % (self.getpos()[0], words))

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        if len(a) != len(attrs):
            self.fault("an attribute twice in <%s>" % tag)
        for name, value in attrs:
            if name == "style" or name.startswith("on"):
                self.fault("attribute %s in <%s>" % (name, tag))
            if name in ("src", "srcset", "action", "formaction", "poster", "data", "background", "ping", "xlink:href"):
                self.fault("attribute %s in <%s>" % (name, tag))
            if name == "href":
                if not value.startswith("#"):
                    self.fault("a link that leaves the page: %s" % value)
                self.links.append(value[1:])
            if name == "id":
                self.ids.append(value)
            if name in ("aria-labelledby", "aria-describedby"):
                self.named_by += value.split()
        if tag in ("iframe", "object", "embed", "link", "img", "base", "form", "image", "use", "foreignobject"):
            self.fault("element <%s>" % tag)
        if tag == "meta" and a.get("http-equiv", "").lower() == "content-security-policy":
            self.policy = a["content"]
        if re.fullmatch("h[1-6]", tag):
            self.headings.append(int(tag[1]))
        if tag == "th" and "scope" not in a:
            self.fault("a header cell without scope")
        if tag == "svg" and a.get("aria-hidden") != "true":
            if a.get("role") != "img" or not ("aria-label" in a or "aria-labelledby" in a):
                self.fault("a drawing without a name")
        if tag in self.raw:
            self.in_raw = tag
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.fault("</%s> closes <%s>" % (tag, self.open[-1] if self.open else "nothing"))
        else:
            self.open.pop()
        self.in_raw = None

    def handle_data(self, data):
        if self.in_raw:
            self.raw[self.in_raw].append(data)
        elif BAD_TEXT.search(data):
            self.fault("a character that misleads: %r" % data[:60])


def check(path):
    raw = open(path, "rb").read()
    page = Page()
    page.feed(raw.decode("utf-8", "strict"))
    page.close()
    faults = page.faults
    if page.open:
        faults.append("never closed: %s" % page.open)
    if len(raw) > MAX_BYTES:
        faults.append("%d bytes" % len(raw))
    for id in sorted({i for i in page.ids if page.ids.count(i) > 1}):
        faults.append("id %s twice" % id)
    for link in sorted(set(page.links + page.named_by) - set(page.ids)):
        faults.append("nothing has the id %s" % link)
    if page.headings.count(1) != 1 or page.headings[0] != 1:
        faults.append("headings begin %s" % page.headings[:3])
    for above, below in zip(page.headings, page.headings[1:]):
        if below > above + 1:
            faults.append("a heading of level %d under one of %d" % (below, above))
    want = ["default-src 'none'", "base-uri 'none'", "form-action 'none'"]
    for kind in ("style", "script"):
        if len(page.raw[kind]) != 1:
            faults.append("%d pieces of %s" % (len(page.raw[kind]), kind))
            continue
        digest = hashlib.sha256(page.raw[kind][0].encode()).digest()
        want.append("%s-src 'sha256-%s'" % (kind, base64.b64encode(digest).decode()))
    if sorted(part.strip() for part in page.policy.split(";")) != sorted(want):
        faults.append("the policy is %s, not %s" % (page.policy, "; ".join(want)))
    for what in (rb"https?://", rb"@import", rb"url\((?!#)", rb"data:[a-z]+/"):
        if re.search(what, b"".join(s.encode() for k in page.raw.values() for s in k)):
            faults.append("style or script holds %s" % what.decode())
    return faults


failed = False
for name in sys.argv[1:]:
    for line in check(name)[:20]:
        print("%s: %s" % (name, line))
        failed = True
sys.exit(failed)
