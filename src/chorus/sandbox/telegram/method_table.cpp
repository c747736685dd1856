#include "chorus/sandbox/telegram/call.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace chorus::sandbox::telegram {

namespace {

constexpr std::array<std::pair<std::string_view, MethodFunction>, 21> kMethods = {{
    {"answercallbackquery", &answer_callback_query},
    {"copymessage", &copy_message},
    {"deletemessage", &delete_message},
    {"editmessagereplymarkup", &edit_message_reply_markup},
    {"editmessagetext", &edit_message_text},
    {"forwardmessage", &forward_message},
    {"getchat", &get_chat},
    {"getchatadministrators", &get_chat_administrators},
    {"getchatmember", &get_chat_member},
    {"getchatmembercount", &get_chat_member_count},
    {"getchatmemberscount", &get_chat_member_count},
    {"getfile", &get_file},
    {"getme", &get_me},
    {"getmycommands", &get_my_commands},
    {"sendchataction", &send_chat_action},
    {"senddocument", &send_document},
    {"sendmessage", &send_message},
    {"sendmessagedraft", &send_message_draft},
    {"sendphoto", &send_photo},
    {"setmessagereaction", &set_message_reaction},
    {"setmycommands", &set_my_commands},
}};
static_assert(std::ranges::is_sorted(kMethods, {}, [](const auto& m) { return m.first; }));

// Methods of the Bot API up to 10.3 that are not simulated. Source: core.telegram.org/bots/api.
constexpr std::string_view kNotSimulated[] = {
    "addstickertoset", "answerguestquery", "answerinlinequery", "answerprecheckoutquery",
    "answershippingquery", "answerwebappquery", "approvechatjoinrequest", "approvesuggestedpost",
    "banchatmember", "banchatsenderchat", "close", "closeforumtopic", "closegeneralforumtopic",
    "convertgifttostars", "copymessages", "createchatinvitelink",
    "createchatsubscriptioninvitelink", "createforumtopic", "createinvoicelink",
    "createnewstickerset", "declinechatjoinrequest", "declinesuggestedpost",
    "deleteallmessagereactions", "deletebusinessmessages", "deletechatphoto",
    "deletechatstickerset", "deleteephemeralmessage", "deleteforumtopic", "deletemessagereaction",
    "deletemessages", "deletemycommands", "deletestickerfromset", "deletestickerset",
    "deletestory", "editchatinvitelink", "editchatsubscriptioninvitelink",
    "editephemeralmessagecaption", "editephemeralmessagemedia",
    "editephemeralmessagereplymarkup", "editephemeralmessagetext", "editforumtopic",
    "editgeneralforumtopic", "editmessagecaption", "editmessagechecklist",
    "editmessagelivelocation", "editmessagemedia", "editstory", "edituserstarsubscription",
    "exportchatinvitelink", "forwardmessages", "getavailablegifts", "getbusinessaccountgifts",
    "getbusinessaccountstarbalance", "getbusinessconnection", "getchatgifts", "getchatmenubutton",
    "getcustomemojistickers", "getforumtopiciconstickers", "getgamehighscores",
    "getmanagedbottoken", "getmydefaultadministratorrights", "getmydescription", "getmyname",
    "getmyshortdescription", "getmystarbalance", "getstartransactions", "getstickerset",
    "getuserchatboosts", "getusergifts", "getuserprofileaudios", "getuserprofilephotos",
    "giftpremiumsubscription", "hidegeneralforumtopic", "kickchatmember", "leavechat", "logout",
    "pinchatmessage", "poststory", "promotechatmember", "readbusinessmessage",
    "refundstarpayment", "removebusinessaccountprofilephoto", "removechatverification",
    "removemyprofilephoto", "removeuserverification", "reopenforumtopic",
    "reopengeneralforumtopic", "replacemanagedbottoken", "replacestickerinset", "repoststory",
    "restrictchatmember", "revokechatinvitelink", "savepreparedinlinemessage",
    "savepreparedkeyboardbutton", "sendanimation", "sendaudio", "sendchecklist", "sendcontact",
    "senddice", "sendgame", "sendgift", "sendinvoice", "sendlivephoto", "sendlocation",
    "sendmediagroup", "sendpaidmedia", "sendpoll", "sendrichmessage", "sendrichmessagedraft",
    "sendsticker", "sendvenue", "sendvideo", "sendvideonote", "sendvoice",
    "setbusinessaccountbio", "setbusinessaccountgiftsettings", "setbusinessaccountname",
    "setbusinessaccountprofilephoto", "setbusinessaccountusername",
    "setchatadministratorcustomtitle", "setchatdescription", "setchatmembertag",
    "setchatmenubutton", "setchatpermissions", "setchatphoto", "setchatstickerset",
    "setchattitle", "setcustomemojistickersetthumbnail", "setgamescore",
    "setmydefaultadministratorrights", "setmydescription", "setmyname", "setmyprofilephoto",
    "setmyshortdescription", "setpassportdataerrors", "setstickeremojilist",
    "setstickerkeywords", "setstickermaskposition", "setstickerpositioninset",
    "setstickersetthumb", "setstickersetthumbnail", "setstickersettitle", "setuseremojistatus",
    "stopmessagelivelocation", "stoppoll", "transferbusinessaccountstars", "transfergift",
    "unbanchatmember", "unbanchatsenderchat", "unhidegeneralforumtopic",
    "unpinallchatmessages", "unpinallforumtopicmessages", "unpinallgeneralforumtopicmessages",
    "unpinchatmessage", "upgradegift", "uploadstickerfile", "verifychat", "verifyuser"};
static_assert(std::ranges::is_sorted(kNotSimulated));

}  // namespace

MethodFunction find_method(std::string_view lower_name) noexcept {
  const auto* it =
      std::ranges::lower_bound(kMethods, lower_name, {}, [](const auto& m) { return m.first; });
  return it != kMethods.end() && it->first == lower_name ? it->second : nullptr;
}

bool is_known_method(std::string_view lower_name) noexcept {
  return std::ranges::binary_search(kNotSimulated, lower_name);
}

}  // namespace chorus::sandbox::telegram
