#include "chorus/fleet/tools/tool_policy.hpp"

#include "chorus/fleet/settings.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace chorus::fleet {
namespace {

using Names = std::vector<std::string>;

Names names_of(const std::vector<const ToolSpec*>& tools) {
  Names out;
  for (const ToolSpec* tool : tools) out.emplace_back(tool->name);
  return out;
}

TEST(ToolPolicy, ByDefaultNothingIsOfferedThatChangesWhatIsKnownOfPeople) {
  const FleetSettings settings;
  EXPECT_EQ(names_of(permitted_tools(settings.tools, true)),
            (Names{"recall", "remind", "roll", "room_status"}));
  EXPECT_EQ(names_of(permitted_tools(settings.tools, false)),
            (Names{"remind", "roll", "room_status"}))
      << "without memory there is nothing to recall";
}

TEST(ToolPolicy, NamesAreReadInAnyOrderAndEachOnce) {
  EXPECT_EQ(parse_tool_names("roll, recall roll").value(), (Names{"recall", "roll"}));
  EXPECT_EQ(parse_tool_names("").value(), Names{});
  const auto wrong = parse_tool_names("roll, shell");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("not 'shell'"), std::string::npos);
}

TEST(ToolPolicy, ARoomsOwnListCountsInsteadOfTheFleets) {
  EXPECT_EQ(room_tools(""), std::nullopt);
  EXPECT_EQ(room_tools("not json"), std::nullopt);
  EXPECT_EQ(room_tools(R"({"topics":["tea"]})"), std::nullopt);
  EXPECT_EQ(room_tools(R"({"tools":[]})"), Names{});
  EXPECT_EQ(room_tools(R"({"tools":["roll","shell",7,"forget"]})"), (Names{"forget", "roll"}));
}

}  // namespace
}  // namespace chorus::fleet
