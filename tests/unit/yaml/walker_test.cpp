#include "chorus/yaml/walker.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace chorus::yaml {
namespace {

/// The problems of a walk over `text`: a map with `name` (one value), `list` and `names`.
std::string problems_of(std::string_view text) {
  std::vector<Problem> problems;
  Walker walker(problems);
  if (const auto root = walker.load(text)) {
    walker.map(*root, "the file", {"name", "list", "names"},
               [&](const std::string& key, const YAML::Node& value) {
                 if (key == "name") walker.text(value, "name");
                 if (key == "list") {
                   walker.list(value, "list",
                               [&](const YAML::Node& item) { walker.text(item, "an item"); });
                 }
                 if (key == "names") {
                   walker.named(value, "names", [](const std::string&, const YAML::Node&) {});
                 }
               });
  }
  sort_by_place(problems);
  return to_string(problems, "f.yaml");
}

TEST(Walker, AGoodFileHasNoProblem) {
  EXPECT_EQ(problems_of("name: x\nlist: [a, b]\nnames: { any: 1, thing: 2 }\n"), "");
}

TEST(Walker, WhatNoDocumentCanBeginWithIsOneProblemAndNoEndlessRead) {
  EXPECT_EQ(problems_of(","), "f.yaml:1:1: not YAML: a value cannot begin with this");
  EXPECT_EQ(problems_of("name: x\n---\n,"), "f.yaml:3:1: not YAML: a value cannot begin with this");
}

TEST(Walker, OneDocumentIsReadAndEmptyOnesBehindItAreNone) {
  EXPECT_EQ(problems_of("---\nname: x\n---\n---\n"), "");
  EXPECT_EQ(problems_of("name: x\n---\n---\nname: y\n"),
            "f.yaml:4:1: a second document begins here; only one is read");
  EXPECT_EQ(problems_of(""), "f.yaml: the file must be a map");
}

TEST(Walker, EveryProblemHasItsPlaceInTheOrderOfTheFile) {
  EXPECT_EQ(problems_of("name: [x]\nlisst: 1\nlist: [[a], b]\nname: y\nquantum: 1\n"),
            "f.yaml:1:7: name must be one value\n"
            "f.yaml:2:1: unknown key 'lisst', did you mean 'list'?\n"
            "f.yaml:3:8: an item must be one value\n"
            "f.yaml:4:1: key 'name' is given twice\n"
            "f.yaml:5:1: unknown key 'quantum' in the file; it has: name, list, names");
}

TEST(Walker, WhatIsNoYamlOrOfAnotherShapeIsSaid) {
  EXPECT_EQ(problems_of("- a\n"), "f.yaml:1:1: the file must be a map");
  EXPECT_EQ(problems_of("list: x\n"), "f.yaml:1:7: list must be a list");
  EXPECT_EQ(problems_of("names: { [a]: 1 }\n"), "f.yaml:1:10: a key of names must be a word");
  EXPECT_EQ(problems_of("a: [\n").substr(0, 22), "f.yaml:2:1: not YAML: ");
}

TEST(Walker, TheRestOfACutValueIsNoProblemOfItsOwn) {
  EXPECT_TRUE(is_cut("lognormal(4s"));
  EXPECT_FALSE(is_cut("lognormal(4s, 0.5)"));
  EXPECT_EQ(problems_of("{ name: lognormal(4s, 0.5) }"), "");
}

TEST(Walker, APlaceThatIsNotInTheFileIsLeftOut) {
  EXPECT_EQ(to_string(Problem{0, 0, "no such path"}, "f.yaml"), "f.yaml: no such path");
}

TEST(Walker, AFileFullOfMistakesShowsTheFirstFifty) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "k" + std::to_string(i) + ": 1\n";
  const auto shown = problems_of(text);
  EXPECT_EQ(std::ranges::count(shown, '\n'), 49);
}

}  // namespace
}  // namespace chorus::yaml
