"""Chromium without a window, asked through a pipe: pages as people see them.

Where no Chromium is installed, tests that need it are skipped. Commands and events are those of
the DevTools protocol, https://chromedevtools.github.io/devtools-protocol/.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import sys
import time
from itertools import count

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-extensions", "--hide-scrollbars",
    "--remote-debugging-pipe",
]  # fmt: skip
# It reads commands from file descriptor 3 and answers on 4.
START = """
import os, sys
pipes = [os.dup(int(number)) for number in sys.argv[1:3]]
for ours, theirs in zip(pipes, (3, 4)):
    os.dup2(ours, theirs)
    os.set_inheritable(theirs, True)
os.execv(sys.argv[3], sys.argv[3:])
"""
PATIENCE = 60  # seconds
# Of A4 between margins of 12 mm, at 96 pixels to the inch.
PRINT_WIDTH = 703


def chromium():
    """The path of the program; None if there is none that can be asked through pipes."""
    if os.name != "posix":
        return None
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """A browser process; a context manager that ends it."""

    def __init__(self, profile):
        self._ids = count(1)
        self._unread = b""
        self.events = []
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        command = [chromium(), *FLAGS, f"--user-data-dir={profile}"]
        self._process = subprocess.Popen(
            [sys.executable, "-c", START, str(theirs_in), str(theirs_out), *command],
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        try:
            self.ask("Browser.close")
            self._process.wait(10)
        except (OSError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        finally:
            os.close(self._out)
            os.close(self._in)

    def _message(self, until):
        while b"\0" not in self._unread:
            if not select.select([self._in], [], [], max(until - time.monotonic(), 0))[0]:
                raise TimeoutError("no answer from Chromium")
            read = os.read(self._in, 1 << 20)
            if not read:
                raise OSError("Chromium has ended")
            self._unread += read
        message, _, self._unread = self._unread.partition(b"\0")
        return json.loads(message)

    def ask(self, method, session=None, **params):
        """The result of a command; events that come before it are kept in ``events``."""
        command = {"id": next(self._ids), "method": method, "params": params}
        if session is not None:
            command["sessionId"] = session
        os.write(self._out, json.dumps(command).encode() + b"\0")
        until = time.monotonic() + PATIENCE
        while (message := self._message(until)).get("id") != command["id"]:
            self.events.append(message)
        assert "error" not in message, message
        return message["result"]

    def open(self, address, *, width, height=900, dark=False, media=""):
        """A page of this width, in light or dark, for the screen or for ``media="print"``."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session, target)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.ask(f"{domain}.enable")
        page.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, mobile=False,
            deviceScaleFactor=1,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.ask("Emulation.setEmulatedMedia", media=media, features=[scheme])
        page.ask("Page.navigate", url=address)
        page.wait("document.readyState === 'complete'")
        return page


class Page:
    """An open page."""

    def __init__(self, browser, session, target):
        self._browser, self._session, self._target = browser, session, target

    def ask(self, method, **params):
        return self._browser.ask(method, self._session, **params)

    def value(self, script):
        """What a JavaScript expression is."""
        result = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def wait(self, script):
        """Until a JavaScript expression is true."""
        until = time.monotonic() + PATIENCE
        while not self.value(script):
            if time.monotonic() > until:
                raise TimeoutError(script)
            time.sleep(0.02)

    def complaints(self):
        """Errors and warnings of the console, exceptions, and requests to anywhere else."""
        found = []
        for event in self._browser.events:
            if event.get("sessionId") != self._session:
                continue
            method, params = event["method"], event["params"]
            if method in ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"):
                found.append(params)
            if method == "Network.requestWillBeSent":
                address = params["request"]["url"]
                if not address.startswith(("file:", "data:")):
                    found.append(address)
        return found

    def screenshot(self, *, full=False):
        """A PNG file of what is to be seen, or of the full page."""
        answer = self.ask("Page.captureScreenshot", format="png", captureBeyondViewport=full)
        return base64.b64decode(answer["data"])

    def pdf(self):
        """A PDF file of the page, on A4."""
        answer = self.ask(
            "Page.printToPDF", paperWidth=8.27, paperHeight=11.69, preferCSSPageSize=True,
            printBackground=True,
        )  # fmt: skip
        return base64.b64decode(answer["data"])

    def close(self):
        self._browser.ask("Target.closeTarget", targetId=self._target)
