#!/usr/bin/env python3
"""Looking at traces: swimlanes, lineage, other tools' formats, and the HTML page in a real
headless Chromium, view by view. Screenshots stay in the build folder."""
import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

from bench import BUILD, Bench

b = Bench("look")
b.record("a.trace")
b.seam("accept", "-q", "golden.trace", "a.trace")
b.record("b.trace", TOTAL="7", CURRENCIES="EUR USD GBP")

# ---- swimlanes
code, out, _ = b.seam("show", "--lanes", "b.trace")
b.check("lanes name programs and what they asked", code == 0 and out.splitlines()[0].startswith("       time") and "POST /v1/jobs/{kind} > api" in out, out)
b.check("lanes filter", b.seam("show", "--lanes", "-k", "s3", "b.trace")[1].count("PutObject lake > lake") == 1)

# ---- lineage
job = next(json.loads(x) for x in b.read("b.trace").splitlines() if '"sum":"POST' in x)["res"]["b"]["job_id"]
code, out, err = b.seam("lineage", "b.trace", job)
b.check("the id is followed from the API into the lake", code == 0 and "POST /v1/jobs/{kind}" in out and "PutObject lake" in out, out + err)
lost = [x for x in b.read("b.trace").splitlines() if '"sum":"PutObject' not in x]
end = json.loads(lost[-1])
end["events"] -= 1
b.write("lost.trace", "\n".join(lost[:-1] + [json.dumps(end, separators=(",", ":"))]) + "\n")
code, out, _ = b.seam("lineage", "lost.trace", job, "--golden", "golden.trace", "--format", "json")
hops = json.loads(out)["hops"]
b.check("what the golden had is MISSING", code == 1 and [h["sum"] for h in hops if h["missing"]] == ["PutObject lake"], out)
code, out, _ = b.seam("lineage", "lost.trace", job, "--golden", "golden.trace")
b.check("and shown so", "MISSING" in out and "1 missing" in out, out)

# ---- other formats
events = len(b.read("b.trace").splitlines()) - 2
code, out, _ = b.seam("export", "--otlp", "b.trace")
spans = [s for r in json.loads(out)["resourceSpans"] for c in r["scopeSpans"] for s in c["spans"]]
b.check("a span an event", code == 0 and len(spans) == events, str(len(spans)))
b.check("ids are hex of their width and unique", all(re.fullmatch("[0-9a-f]{32}", s["traceId"]) and re.fullmatch("[0-9a-f]{16}", s["spanId"]) for s in spans)
        and len({s["spanId"] for s in spans}) == events)
ids = {s["spanId"] for s in spans}
b.check("parents exist, and no span ends before it begins", all(s.get("parentSpanId", next(iter(ids))) in ids and int(s["startTimeUnixNano"]) <= int(s["endTimeUnixNano"]) for s in spans))
wheels = os.path.join(os.path.abspath(BUILD), "companion-python")
try:
    if not os.path.isdir(wheels):
        subprocess.run([sys.executable, "-m", "venv", wheels], check=True, timeout=120, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        subprocess.run([wheels + "/bin/pip", "install", "-q", "opentelemetry-proto", "jsonschema"], check=True, timeout=240, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    parse = ("import json,sys\nfrom google.protobuf.json_format import Parse\nfrom opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest\n"
             "import base64,re\nd=json.load(sys.stdin)\n"
             # OTLP's JSON has ids in hex where proto3's has base64
             "for r in d['resourceSpans']:\n for c in r['scopeSpans']:\n  for s in c['spans']:\n   for k in ('traceId','spanId','parentSpanId'):\n    if k in s: s[k]=base64.b64encode(bytes.fromhex(s[k])).decode()\n"
             "m=Parse(json.dumps(d),ExportTraceServiceRequest())\nprint(sum(len(c.spans) for r in m.resource_spans for c in r.scope_spans))")
    done = subprocess.run([wheels + "/bin/python", "-c", parse], input=out.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    b.check("OpenTelemetry's own protobuf reads it", done.stdout.decode().strip() == str(events), done.stderr.decode())
except (subprocess.SubprocessError, OSError):
    shutil.rmtree(wheels, ignore_errors=True)
    b.skip("OpenTelemetry's protobuf cannot be fetched here")

code, out, _ = b.seam("export", "--har", "b.trace")
har = json.loads(out)["log"]
need_entry, need_req = {"startedDateTime", "time", "request", "response", "cache", "timings"}, {"method", "url", "httpVersion", "cookies", "headers", "queryString", "headersSize", "bodySize"}
need_res = {"status", "statusText", "httpVersion", "cookies", "headers", "content", "redirectURL", "headersSize", "bodySize"}
b.check("HAR 1.2 has every member that the format requires", code == 0 and har["version"] == "1.2" and len(har["entries"]) == 5 and all(
    need_entry <= set(e) and need_req <= set(e["request"]) and need_res <= set(e["response"]) and {"send", "wait", "receive"} <= set(e["timings"])
    and {"size", "mimeType"} <= set(e["response"]["content"]) for e in har["entries"]), out[:2000])
b.check("HAR has methods and statuses", sorted((e["request"]["method"], e["response"]["status"]) for e in har["entries"]) == [("GET", 200)] * 3 + [("POST", 201), ("PUT", 200)], out[:2000])
b.check("HAR without secrets, with bodies", any("job_id" in e["response"]["content"].get("text", "") for e in har["entries"]) and all(isinstance(h["value"], str) for e in har["entries"] for h in e["request"]["headers"]))

code, out, _ = b.seam("export", "--perfetto", "b.trace")
found = json.loads(out)["traceEvents"]
slices = [e for e in found if e["ph"] == "X"]
lanes = {}
for e in slices:
    lanes.setdefault((e["pid"], e["tid"]), []).append((e["ts"], e["ts"] + e["dur"]))
overlap = any(x[1] > y[0] + 0.002 for spans in lanes.values() for x, y in zip(sorted(spans), sorted(spans)[1:]))
b.check("a slice an event, none overlaps in its thread", code == 0 and len(slices) == events and not overlap)
b.check("programs and streams have names", {"process_name", "thread_name"} <= {e["name"] for e in found if e["ph"] == "M"})
b.check("a golden has no times to export", b.seam("export", "--har", "golden.trace")[0] == 2)

# ---- the page
code, _, err = b.seam("report", "b.trace", "golden.trace", "--html", "report.html")
page = b.read("report.html")
b.check("a page", code == 1 and page.startswith("<!doctype html>"), err)
b.check("it needs no network", not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", page) and "@import" not in page)
code, _, err = b.seam("report", "a.trace", "golden.trace", "--html", "same.html")
b.check("same is 0", code == 0, err)
b.seam("report", "a.trace", "--html", "alone.html")


class Browser:
    """The few commands of W3C WebDriver that are needed, over chromedriver."""

    def __init__(self, driver, chromium, profile):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen([driver, f"--port={self.port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            try:
                self.ask("GET", "/status")
                break
            except OSError:
                time.sleep(0.1)
        args = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--window-size=1400,900", f"--user-data-dir={profile}"]
        got = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"binary": chromium, "args": args}, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = "/session/" + got["sessionId"]

    def ask(self, method, path, data=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", method=method, data=None if data is None else json.dumps(data).encode(),
                                         headers={"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=120) as r:
            return json.loads(r.read())["value"]

    def go(self, url):
        self.ask("POST", self.session + "/url", {"url": url})

    def js(self, script):
        return self.ask("POST", self.session + "/execute/sync", {"script": script, "args": []})

    def errors(self):
        return [x for x in self.ask("POST", self.session + "/se/log", {"type": "browser"}) if x["level"] in ("SEVERE", "WARNING")]

    def scheme(self, name):
        self.ask("POST", self.session + "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {"features": [{"name": "prefers-color-scheme", "value": name}]}})
        return self.js("const s=getComputedStyle(document.body);return [s.backgroundColor,s.color]")

    def shot(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.ask("GET", self.session + "/screenshot")))

    def ready(self):
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if self.js("return document.body.dataset.ready"):
                return True
            time.sleep(0.02)
        return False

    def close(self):
        try:
            self.ask("DELETE", self.session)
        except OSError:
            pass
        self.process.terminate()
        self.process.wait(20)


driver, chromium = shutil.which("chromedriver"), shutil.which("chromium")
if not driver or not chromium:
    b.skip("no Chromium with its driver here (packages chromium, chromium-driver)")
    b.end()
shots = os.path.join(os.path.abspath(BUILD), "companion-screenshots")
os.makedirs(shots, exist_ok=True)
browser = Browser(driver, chromium, b.path("profile"))
try:
    for name in ("report", "same", "alone"):
        browser.go("file://" + b.path(name + ".html"))
        b.check(f"{name}: the page comes up", browser.ready(), str(browser.errors()))
        tabs = browser.js("return [...document.querySelectorAll('[role=tab]')].map(t=>t.textContent)")
        b.check(f"{name}: its views", tabs == (["Swimlanes", "Lineage", "Environment"] if name == "alone" else ["Causes", "Swimlanes", "Lineage", "Masks", "Environment"]), str(tabs))
        for i, tab in enumerate(tabs):
            browser.js(f"document.querySelectorAll('[role=tab]')[{i}].click()")
            said = browser.js("return document.getElementById('view').innerText")
            b.check(f"{name}: {tab} shows something", bool(said.strip()) or tab in ("Lineage", "Masks"), said)
            browser.shot(os.path.join(shots, f"{name}-{tab.lower()}.png"))
    browser.go("file://" + b.path("report.html"))
    browser.ready()
    said = browser.js("return document.body.innerText")
    b.check("verdict and causes", "different" in said and "req.b.total" in said and "seam mask add" in said, said[:2000])
    b.check("both sides of a leaf", browser.js("return [...document.querySelectorAll('.leaf')].some(l=>l.children[0].textContent.includes('19.90')&&l.children[1].textContent.includes('7'))"))
    before = browser.js("return document.querySelectorAll('.cause').length")
    browser.js("document.querySelector('.pill').click()")
    b.check("a pill filters", 0 < browser.js("return document.querySelectorAll('.cause').length") < before)
    browser.js("document.querySelector('.cause button.act').click()")
    b.check("the drawer opens with the event", browser.js("return !document.getElementById('drawer').hidden&&document.getElementById('drawer').innerText.includes('\"sum\"')"))
    b.check("the drawer says who answered", "answered by" in browser.js("return document.getElementById('drawer').innerText"))
    browser.js("document.dispatchEvent(new KeyboardEvent('keydown',{key:'Escape'}))")
    b.check("Escape closes it", browser.js("return document.getElementById('drawer').hidden"))
    browser.js("document.body.dispatchEvent(new KeyboardEvent('keydown',{key:'3',bubbles:true}))")
    b.check("digits choose a view", browser.js("return document.getElementById('tab-lineage').getAttribute('aria-selected')") == "true")
    browser.js(f"const i=document.getElementById('lineage-id');i.value='{job}';i.dispatchEvent(new Event('change'))")
    b.check("lineage draws the hops", browser.js("return [...document.querySelectorAll('.node')].map(n=>n.innerText).join()").count("PutObject lake") == 1)
    browser.shot(os.path.join(shots, "report-lineage-drawn.png"))
    browser.js("document.getElementById('tab-lanes').click()")
    folds = browser.js("return document.querySelectorAll('button.fold').length")
    rows = browser.js("return document.querySelectorAll('.lane-row').length")
    b.check("swimlanes with rows of both runs", rows > 0 and browser.js("return [...document.querySelectorAll('.side')].some(s=>s.textContent==='golden')"), f"{rows} rows, {folds} folds")
    light, dark = browser.scheme("light"), browser.scheme("dark")
    brightness = lambda colour: sum(int(x) for x in re.findall(r"\d+", colour)[:3])
    b.check("dark where the reader's system is, light elsewhere", brightness(light[0]) > 600 > 200 > brightness(dark[0]) and brightness(light[1]) < brightness(dark[1]), f"{light} {dark}")
    browser.shot(os.path.join(shots, "report-dark.png"))
    browser.scheme("light")
    b.check("all that can be clicked can be reached by the keyboard", browser.js(
        "return [...document.querySelectorAll('[onclick],button,[role=tab],a,input,select,summary')].filter(e=>e.offsetParent&&e.tabIndex<0&&e.getAttribute('role')!=='tab').length") == 0)
    b.check("a page of 5 MB at most", os.path.getsize(b.path("report.html")) <= 5 * 1024 * 1024)
    errors = browser.errors()
    b.check("nothing in the console", errors == [], str(errors))
finally:
    browser.close()
b.end()
