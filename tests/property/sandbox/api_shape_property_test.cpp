#include "chorus/sandbox/telegram/facts/api_check.hpp"
#include "chorus/sandbox/telegram/facts/api_shape.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace chorus::sandbox::telegram {
namespace {

const ApiFacts& facts() {
  static const ApiFacts table = ApiFacts::builtin();  // once per binary: it is a thousand types
  return table;
}

json::value any_value(int depth) {
  switch (*rc::gen::inRange(0, depth > 0 ? 7 : 5)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return *rc::gen::arbitrary<std::int64_t>();
    case 3:
      return json::value(
          *rc::gen::element<std::string>("emoji", "photo", "1.5", "+.5", "", "true"));
    case 4:
      return *rc::gen::element(0.5, -1e300, 3.0);
    case 5: {
      json::array list;
      for (int i = *rc::gen::inRange(0, 3); i > 0; --i) list.push_back(any_value(depth - 1));
      return list;
    }
    default: {
      json::object object;
      for (int i = *rc::gen::inRange(0, 4); i > 0; --i) {
        const auto name =
            *rc::gen::element<std::string>("type", "text", "media", "id", "emoji", "x");
        object[name] = any_value(depth - 1);
      }
      return object;
    }
  }
}

RC_GTEST_PROP(ApiShapeProperty, WhateverIsGivenTheObjectHasItsDocumentedShape, ()) {
  static const std::vector<std::string> kObjects = {"Poll",          "Venue",
                                                    "PaidMediaInfo", "RichMessage",
                                                    "Sticker",       "ChatInviteLink",
                                                    "Video",         "Invoice",
                                                    "Checklist",     "ChatMemberRestricted",
                                                    "Message",       "ChatAdministratorRights"};
  const auto& object = *facts().object(*rc::gen::elementOf(kObjects));
  json::object given;
  for (const auto& field : object.fields) {
    if (*rc::gen::arbitrary<bool>()) given[field.name] = any_value(3);
  }
  ApiShape shape({.facts = facts(),
                  .given = [&](std::string_view name) -> std::optional<json::value> {
                    const auto* value = find(given, name);
                    return value == nullptr ? std::nullopt : std::optional(*value);
                  },
                  .user = R"({"id":1,"is_bot":false,"first_name":"Ann"})",
                  .chat = R"({"id":-1,"type":"group"})",
                  .now = 1});
  const auto text = "{" + shape.members(object) + "}";
  const auto made = parse_json(text);
  RC_ASSERT(made.has_value());
  ApiType type;
  type.kind = ApiType::Kind::Named;
  type.name = object.name;
  RC_ASSERT(mismatch(facts(), type, *made, object.name) == std::nullopt);
}

}  // namespace
}  // namespace chorus::sandbox::telegram
