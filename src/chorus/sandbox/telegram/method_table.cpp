#include "chorus/sandbox/telegram/call.hpp"
#include "chorus/sandbox/telegram/methods.hpp"
#include "chorus/sandbox/telegram/validated.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace chorus::sandbox::telegram {

namespace {

// With the names that the server still takes for renamed methods.
constexpr std::array<std::pair<std::string_view, MethodFunction>, 97> kMethods = {{
    {"addstickertoset", &add_sticker},
    {"answercallbackquery", &answer_callback_query},
    {"approvechatjoinrequest", &approve_join_request},
    {"banchatmember", &ban_chat_member},
    {"copymessage", &copy_message},
    {"copymessages", &copy_messages},
    {"createchatinvitelink", &create_invite_link},
    {"createchatsubscriptioninvitelink", &create_invite_link},
    {"createforumtopic", &create_forum_topic},
    {"createnewstickerset", &create_sticker_set},
    {"declinechatjoinrequest", &decline_join_request},
    {"deletechatphoto", &delete_chat_photo},
    {"deletechatstickerset", &delete_chat_sticker_set},
    {"deletemessage", &delete_message},
    {"deletemessages", &delete_messages},
    {"deletemycommands", &delete_my_commands},
    {"deletestickerfromset", &delete_sticker},
    {"deletestickerset", &delete_sticker_set},
    {"editchatinvitelink", &edit_invite_link},
    {"editchatsubscriptioninvitelink", &edit_invite_link},
    {"editmessagecaption", &edit_message_caption},
    {"editmessagelivelocation", &edit_live_location},
    {"editmessagemedia", &edit_message_media},
    {"editmessagereplymarkup", &edit_message_reply_markup},
    {"editmessagetext", &edit_message_text},
    {"exportchatinvitelink", &export_invite_link},
    {"forwardmessage", &forward_message},
    {"forwardmessages", &forward_messages},
    {"getchat", &get_chat},
    {"getchatadministrators", &get_chat_administrators},
    {"getchatmember", &get_chat_member},
    {"getchatmembercount", &get_chat_member_count},
    {"getchatmemberscount", &get_chat_member_count},
    {"getchatmenubutton", &get_menu_button},
    {"getfile", &get_file},
    {"getme", &get_me},
    {"getmycommands", &get_my_commands},
    {"getmydefaultadministratorrights", &get_default_rights},
    {"getmydescription", &get_my_description},
    {"getmyname", &get_my_name},
    {"getmyshortdescription", &get_my_short_description},
    {"getstickerset", &get_sticker_set},
    {"kickchatmember", &ban_chat_member},
    {"leavechat", &leave_chat},
    {"pinchatmessage", &pin_chat_message},
    {"promotechatmember", &promote_chat_member},
    {"replacestickerinset", &replace_sticker},
    {"restrictchatmember", &restrict_chat_member},
    {"revokechatinvitelink", &revoke_invite_link},
    {"sendanimation", &send_media},
    {"sendaudio", &send_media},
    {"sendchataction", &send_chat_action},
    {"sendchecklist", &send_content},
    {"sendcontact", &send_content},
    {"senddice", &send_dice},
    {"senddocument", &send_document},
    {"sendgame", &send_content},
    {"sendinvoice", &send_content},
    {"sendlivephoto", &send_media},
    {"sendlocation", &send_content},
    {"sendmediagroup", &send_media_group},
    {"sendmessage", &send_message},
    {"sendmessagedraft", &send_message_draft},
    {"sendpaidmedia", &send_content},
    {"sendphoto", &send_photo},
    {"sendpoll", &send_poll},
    {"sendrichmessage", &send_content},
    {"sendsticker", &send_media},
    {"sendvenue", &send_content},
    {"sendvideo", &send_media},
    {"sendvideonote", &send_media},
    {"sendvoice", &send_media},
    {"setchatadministratorcustomtitle", &set_administrator_title},
    {"setchatdescription", &set_chat_description},
    {"setchatmembertag", &set_member_tag},
    {"setchatmenubutton", &set_menu_button},
    {"setchatpermissions", &set_chat_permissions},
    {"setchatphoto", &set_chat_photo},
    {"setchatstickerset", &set_chat_sticker_set},
    {"setchattitle", &set_chat_title},
    {"setmessagereaction", &set_message_reaction},
    {"setmycommands", &set_my_commands},
    {"setmydefaultadministratorrights", &set_default_rights},
    {"setmydescription", &set_my_description},
    {"setmyname", &set_my_name},
    {"setmyshortdescription", &set_my_short_description},
    {"setstickeremojilist", &change_sticker},
    {"setstickerkeywords", &change_sticker},
    {"setstickermaskposition", &change_sticker},
    {"setstickerpositioninset", &move_sticker},
    {"setstickersettitle", &rename_sticker_set},
    {"stopmessagelivelocation", &stop_live_location},
    {"stoppoll", &stop_poll},
    {"unbanchatmember", &unban_chat_member},
    {"unpinallchatmessages", &unpin_all_chat_messages},
    {"unpinchatmessage", &unpin_chat_message},
    {"uploadstickerfile", &upload_sticker_file},
}};
static_assert(std::ranges::is_sorted(kMethods, {}, [](const auto& m) { return m.first; }));

// These wait, or belong to the door.
constexpr std::array<std::string_view, 4> kDoorMethods = {"deletewebhook", "getupdates",
                                                          "getwebhookinfo", "setwebhook"};

}  // namespace

MethodFunction find_method(std::string_view lower_name) noexcept {
  const auto* it =
      std::ranges::lower_bound(kMethods, lower_name, {}, [](const auto& m) { return m.first; });
  return it != kMethods.end() && it->first == lower_name ? it->second : nullptr;
}

bool has_effect(std::string_view lower_name) noexcept {
  return find_method(lower_name) != nullptr || std::ranges::binary_search(kDoorMethods, lower_name);
}

}  // namespace chorus::sandbox::telegram
