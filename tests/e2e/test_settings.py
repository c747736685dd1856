"""Settings of a running fleet: shown, changed at once or for the next start, and kept."""
import os
import unittest

from support import ROOT, ServeTest


class Settings(ServeTest):
    def settings(self, *arguments, **checks):
        return self.chorus("settings", *arguments, *self.flags(self.ready), **checks)

    def test_a_setting_is_shown_changed_kept_and_given_back(self):
        self.write("chorus.yaml", "version: 1\nsettings: { max_tokens: 70, burst: 4 }\n")
        process, self.ready = self.serve(env={"CHORUS_PACING": "none"})
        said = self.settings("list")
        self.assertRegex(said, r"max_tokens +70 +file")
        self.assertRegex(said, r"pacing +none +environment CHORUS_PACING")
        self.assertRegex(said, r"selector +score +default")
        self.assertNotRegex(self.settings("list", "--changed"), r"\bselector\b")
        self.settings("get", "max_tokens", says="a whole number from 1 to 32000 tokens")
        self.settings("get", "max_tokns", code=1,
                      says="unknown setting 'max_tokns', did you mean 'max_tokens'?")
        # At once.
        self.settings("set", "max_tokens", "90", says="max_tokens = 90 (counts from now)")
        self.assertRegex(self.settings("list"), r"max_tokens +90 +stored\n")
        # At the next start.
        self.settings("set", "memories_per_bot", "40",
                      says="memories_per_bot = 40 (kept; needs a restart of chorus serve)")
        self.assertRegex(self.settings("list"), r"memories_per_bot +40 +stored, needs a restart")
        # Refused, each with what is allowed or where it comes from.
        self.settings("set", "max_tokens", "many", code=1,
                      says="max_tokens: expected a whole number from 1 to 32000 tokens, not 'many'")
        self.settings("set", "pacing", "fast", code=1, says="environment CHORUS_PACING")
        self.settings("set", "listen", "9999", code=1, says="listen belongs to the process")
        self.settings("set", "notify_webhook", "https://hooks.example/hush", code=1,
                      says="notify_webhook is a secret and is never stored")
        self.settings("set", "burst", "3")
        self.settings("reset", "burst", says="burst = 4 (counts from now)")
        self.chorus("stop", *self.flags(self.ready))
        self.assertEqual(process.wait(timeout=20), 0)

        # What was stored stands over the file and below the environment.
        _, self.ready = self.serve(env={"CHORUS_MAX_TOKENS": "80"})
        said = self.settings("list")
        self.assertRegex(said, r"max_tokens +80 +environment CHORUS_MAX_TOKENS")
        self.assertRegex(said, r"memories_per_bot +40 +stored\n")
        self.assertRegex(said, r"burst +4 +file")

    def test_over_http_values_have_their_types(self):
        _, self.ready = self.serve()
        status, answer = self.api(self.ready, "PUT", "/api/v1/settings/stream_drafts",
                                  {"value": True})
        self.assertEqual((status, answer["value"], answer["source"]), (200, True, "stored"))
        status, answer = self.api(self.ready, "PUT", "/api/v1/settings/threshold", {"value": 0.25})
        self.assertEqual((status, answer["value"], answer["needs_restart"]), (200, 0.25, False))
        status, answer = self.api(self.ready, "GET", "/api/v1/settings/threshold")
        self.assertEqual((answer["kind"], answer["default"]), ("number", 0.55))
        for body, expected in (({"value": 2}, 400), ({"value": [1]}, 400), ({}, 400), ([], 400)):
            status, answer = self.api(self.ready, "PUT", "/api/v1/settings/threshold", body)
            self.assertEqual(status, expected, answer)
        self.assertEqual(self.api(self.ready, "GET", "/api/v1/settings/nothing")[0], 404)
        self.assertEqual(self.api(self.ready, "PUT", "/api/v1/settings/data", {"value": "x"})[0],
                         409)
        status, answer = self.api(self.ready, "DELETE", "/api/v1/settings/threshold")
        self.assertEqual((status, answer["value"], answer["source"]), (200, 0.55, "default"))
        status, answer = self.api(self.ready, "GET", "/api/v1/settings")
        self.assertEqual(len({entry["name"] for entry in answer}), len(answer))

    def test_a_wrong_value_is_refused_with_its_place(self):
        self.write("chorus.yaml", "version: 1\nsettings:\n  pacing: humn\n  typing: yes\n")
        said = self.chorus("doctor", code=104, says="chorus.yaml:3:11: settings.pacing: expected "
                           "one of human, fast, none, not 'humn'; did you mean 'human'?")
        self.assertIn("chorus.yaml:4:3: unknown key 'typing'", said)
        os.remove(os.path.join(self.folder, "chorus.yaml"))
        self.chorus("serve", "--listen", "0", env={"CHORUS_BURST": "-1"}, code=104,
                    says="environment CHORUS_BURST: settings.burst: expected a whole number")

    def test_the_reference_is_made_by_the_program(self):
        with open(os.path.join(ROOT, "docs", "settings.md")) as page:
            self.assertEqual(self.chorus("settings", "docs"), page.read())


if __name__ == "__main__":
    unittest.main()
