#include "chorus/app/live_keys.hpp"

#include <gtest/gtest.h>

namespace chorus::app {
namespace {

using What = lab::SteerCommand::What;

TEST(LiveKeys, PauseAndGoOnAreOneKey) {
  EXPECT_EQ(steer_by_key('p', false, 1)->what, What::Pause);
  EXPECT_EQ(steer_by_key('p', true, 1)->what, What::Resume);
}

TEST(LiveKeys, PlusAndMinusAreATenthOfThePlanWithinItsBounds) {
  EXPECT_DOUBLE_EQ(steer_by_key('+', false, 1)->factor, 1.1);
  EXPECT_DOUBLE_EQ(steer_by_key('=', false, 1.1)->factor, 1.2);
  EXPECT_DOUBLE_EQ(steer_by_key('-', false, 1)->factor, 0.9);
  EXPECT_DOUBLE_EQ(steer_by_key('-', false, 0.1)->factor, 0.1);
  EXPECT_DOUBLE_EQ(steer_by_key('+', false, 10)->factor, 10);
}

TEST(LiveKeys, OtherKeysMeanNothing) {
  for (const char key : {'q', 'x', '\n', '\x1b'}) EXPECT_FALSE(steer_by_key(key, false, 1));
}

TEST(LiveKeys, WithoutATerminalNothingIsReadOrChanged) {
  LiveKeys keys(false);
  EXPECT_FALSE(keys.active());
  EXPECT_EQ(keys.pressed(), "");
}

}  // namespace
}  // namespace chorus::app
