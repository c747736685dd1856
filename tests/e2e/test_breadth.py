"""Every method of the Bot API, through an unmodified client, and every answer against the types of another package."""
import json
import os
import re
import subprocess
import unittest

from support import ROOT, ChorusTest, call

CLIENT = os.path.join(ROOT, "tests", "e2e", "breadth")
TSC = ["node", "node_modules/typescript/bin/tsc"]
METHODS = 185  # of Bot API 10.3
# Members that the real server still sends and the documentation has dropped.
LEGACY = {"forward_from", "forward_from_chat", "forward_from_message_id", "forward_date",
          "can_send_media_messages"}


def without_legacy(value):
    if isinstance(value, dict):
        return {k: without_legacy(v) for k, v in value.items() if k not in LEGACY}
    return [without_legacy(v) for v in value] if isinstance(value, list) else value


def install():
    """None, or why the client cannot be had."""
    stamp = os.path.join(CLIENT, "node_modules", ".chorus-stamp")
    lock = os.path.join(CLIENT, "package-lock.json")
    if os.path.exists(stamp) and os.path.getmtime(stamp) >= os.path.getmtime(lock):
        return None
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--silent", "--no-fund", "--no-audit"],
                          cwd=CLIENT, capture_output=True, text=True, timeout=240)
    if done.returncode != 0:
        return "npm is not reachable, so that grammY cannot be installed: " + done.stderr.strip()[-200:]
    open(stamp, "w").close()
    return None


class Breadth(ChorusTest):
    @classmethod
    def setUpClass(cls):
        why = install()
        if why:
            raise unittest.SkipTest(why)

    def answers(self):
        """What the sandbox answers to each method, called with arguments of grammY's own types."""
        _, ready = self.sandbox()
        control = ready["control"] + "/control/v1"

        def make(path, body):
            status, answer = call("POST", control + path, body)
            self.assertEqual(status, 200, answer)
            return answer
        bot = make("/bots", {"username": "breadth_bot", "admin": True})
        people = {name: make("/people", {"name": name})["id"] for name in ("ada", "bob", "eve", "gil")}
        hall = make("/rooms", {"type": "supergroup", "title": "Hall", "forum": True, "bots": ["breadth_bot"],
                               "people": ["ada", "bob"]})
        make("/messages", {"bot": "breadth_bot", "from": "ada", "text": "hello"})
        built = subprocess.run(TSC + ["-p", "."], cwd=CLIENT, capture_output=True, text=True, timeout=240)
        self.assertEqual(built.returncode, 0, "arguments that grammY's types refuse:\n" + built.stdout)
        setup = {"root": ready["telegram"], "control": ready["control"], "token": bot["token"],
                 "bot": bot["username"], "hall": hall["id"], **people}
        out = os.path.join(self.folder, "answers.json")
        done = subprocess.run(["node", "node_modules/.built/calls.mjs", json.dumps(setup), out], cwd=CLIENT,
                              capture_output=True, text=True, timeout=240, env=self.environment())
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        with open(out) as text:
            return json.load(text)

    def check(self, succeeded):
        """Lines of tsc about answers that are not of the documented type."""
        lines = ['import type { APIMethodReturn } from "@gramio/types";', "export const answers = ["]
        where = {}
        for method, results in sorted(succeeded.items()):
            for result in results:
                literal = json.dumps(without_legacy(result), ensure_ascii=False)
                lines.append(f'({literal}) satisfies APIMethodReturn<"{method}">,')
                where[len(lines)] = method
        lines.append("];")
        name = os.path.join(CLIENT, "node_modules", ".answers.ts")
        with open(name, "w") as text:
            text.write("\n".join(lines))
        done = subprocess.run(
            TSC + ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module",
                   "nodenext", "--moduleResolution", "nodenext", "--lib", "es2022,dom", name],
            cwd=CLIENT, capture_output=True, text=True, timeout=240)
        problems = []
        for line in done.stdout.splitlines():
            at = re.search(r"\.answers\.ts\((\d+),", line)
            if at:
                problems.append(where.get(int(at.group(1)), "?") + ": " + line[line.index(": error") + 2:])
            elif "error" in line:
                problems.append(line)
        return problems

    def test_every_method_succeeds_and_answers_its_documented_type(self):
        answers = self.answers()
        failed, succeeded = answers["failed"], answers["succeeded"]
        for method, why in sorted(failed.items()):
            print(f"  {method}: {why}")
        good = [method for method in succeeded if method not in failed]
        print(f"  {len(good)} of {METHODS} methods succeed")
        self.assertEqual(self.check(succeeded), [])
        self.assertGreaterEqual(len(good), 165)
        self.assertEqual(len(succeeded.keys() | failed.keys()), METHODS, "a method was not called")


if __name__ == "__main__":
    unittest.main()
