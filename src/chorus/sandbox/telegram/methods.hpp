#pragma once

#include "chorus/sandbox/telegram/call.hpp"

/// Methods with light state, by file; those that bots live by are in call.hpp.
namespace chorus::sandbox::telegram {

// methods_files.cpp
Answer send_media(Call& call);  ///< audio, video, animation, voice, video note, sticker, live photo
Answer send_media_group(Call& call);
Answer edit_message_caption(Call& call);
Answer edit_message_media(Call& call);

// methods_content.cpp
Answer send_poll(Call& call);
Answer stop_poll(Call& call);
Answer send_dice(Call& call);
Answer edit_live_location(Call& call);
Answer stop_live_location(Call& call);

// methods_batch.cpp
Answer delete_messages(Call& call);
Answer forward_messages(Call& call);
Answer copy_messages(Call& call);

// methods_pins.cpp
Answer pin_chat_message(Call& call);
Answer unpin_chat_message(Call& call);
Answer unpin_all_chat_messages(Call& call);

// methods_members.cpp
Answer ban_chat_member(Call& call);
Answer unban_chat_member(Call& call);
Answer restrict_chat_member(Call& call);
Answer promote_chat_member(Call& call);
Answer set_administrator_title(Call& call);
Answer set_member_tag(Call& call);
Answer leave_chat(Call& call);

// methods_room.cpp
Answer set_chat_permissions(Call& call);
Answer set_chat_title(Call& call);
Answer set_chat_description(Call& call);
Answer set_chat_photo(Call& call);
Answer delete_chat_photo(Call& call);
Answer set_chat_sticker_set(Call& call);
Answer delete_chat_sticker_set(Call& call);

// methods_links.cpp
Answer export_invite_link(Call& call);
Answer create_invite_link(Call& call);  ///< subscription links too
Answer edit_invite_link(Call& call);
Answer revoke_invite_link(Call& call);
Answer approve_join_request(Call& call);
Answer decline_join_request(Call& call);

// methods_settings.cpp
Answer set_menu_button(Call& call);
Answer get_menu_button(Call& call);
Answer set_default_rights(Call& call);
Answer get_default_rights(Call& call);

// methods_stickers.cpp
Answer upload_sticker_file(Call& call);
Answer create_sticker_set(Call& call);
Answer get_sticker_set(Call& call);
Answer add_sticker(Call& call);
Answer replace_sticker(Call& call);
Answer delete_sticker(Call& call);
Answer move_sticker(Call& call);
Answer change_sticker(Call& call);  ///< emoji, keywords, mask position
Answer rename_sticker_set(Call& call);
Answer delete_sticker_set(Call& call);

}  // namespace chorus::sandbox::telegram
