"""A stranger's program: counts on /metrics, talks a lot on standard output, ends with status 3 at /quit.

STRANGER_PORT is where it listens; STRANGER_CHATTY=1 makes it write lines as fast as it can."""
import http.server
import os
import sys
import threading
import time

START = time.time()
written = 0


class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path.startswith("/quit"):
            self.answer("bye\n")
            threading.Timer(0.05, lambda: os._exit(3)).start()
            return
        seconds = time.time() - START
        done = int(seconds * 20)
        self.answer(
            "# TYPE jobs_done_total counter\n"
            f'jobs_done_total{{queue="mail"}} {done}\n'
            "# TYPE jobs_waiting gauge\n"
            f"jobs_waiting {3 + int(seconds) % 4}\n"
            "# TYPE job_seconds histogram\n"
            f'job_seconds_bucket{{le="0.01"}} {done // 2}\n'
            f'job_seconds_bucket{{le="0.1"}} {done}\n'
            f'job_seconds_bucket{{le="+Inf"}} {done}\n'
            f"job_seconds_sum {done * 0.02}\njob_seconds_count {done}\n"
            "# TYPE lines_written_total counter\n"
            f"lines_written_total {written}\n")

    def answer(self, text):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["STRANGER_PORT"])), Page)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stderr.write("listening\n")
sys.stderr.flush()
while True:
    if os.environ.get("STRANGER_CHATTY"):
        for _ in range(200):
            sys.stdout.write("x" * 200 + "\n")
            written += 1
        sys.stdout.flush()
    time.sleep(0.01)
