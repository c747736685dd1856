// Calls every method of the Bot API once through grammY, with arguments that its own types accept, and
// writes what was answered: {succeeded: {method: [results]}, failed: {method: words}}.
import { Api, InputFile, type RawApi } from "grammy";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { writeFileSync } from "node:fs";

const setup = JSON.parse(process.argv[2]) as {
  root: string; control: string; token: string; bot: string; hall: number; ada: number; bob: number; eve: number;
};
const api = new Api(setup.token, { apiRoot: setup.root });
const raw = api.raw;
const succeeded: Record<string, unknown[]> = {};
const failed: Record<string, string> = {};
const { hall, ada, bob, eve } = setup;

type Method = keyof RawApi;
async function call<T>(method: Method, run: () => Promise<T>): Promise<T | undefined> {
  try {
    const result = await run();
    (succeeded[method] ??= []).push(result);
    return result;
  } catch (error) {
    failed[method] ??= String((error as Error).message ?? error);
    return undefined;
  }
}
async function control(path: string, body: unknown) {
  const answer = await fetch(`${setup.control}/control/v1${path}`,
    { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
  return answer.json();
}

// A PNG header of this size is enough: the sandbox looks at sizes only.
function png(width: number, height: number) {
  const bytes = Buffer.alloc(44);
  Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1").copy(bytes);
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}
const photo = () => new InputFile(png(640, 480), "a.png");
const file = (name: string) => new InputFile(Buffer.from(`contents of ${name}`), name);
const permissions = { can_send_messages: true, can_send_photos: true };
const result = {
  type: "article" as const, id: "1", title: "An article", input_message_content: { message_text: "hello" },
};
const business = "business-1";
const inHall = { chat_id: hall };
const ephemeral = { chat_id: hall, receiver_user_id: ada, ephemeral_message_id: 1 };
const setName = `pack_by_${setup.bot}`;

async function updates() {
  await call("getUpdates", () => raw.getUpdates({ timeout: 0 }));
  await control("/actions", { type: "request", room: "Hall", from: "eve" });
  await control("/actions", { type: "request", room: "Hall", from: "gil" });
  await call("getUpdates", () => raw.getUpdates({ timeout: 0 }));
  const server = createServer((_, answer) => answer.end()).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const { port } = server.address() as AddressInfo;
  await call("setWebhook", () => raw.setWebhook({ url: `http://127.0.0.1:${port}/hook`, secret_token: "s" }));
  await call("getWebhookInfo", () => raw.getWebhookInfo());
  await call("deleteWebhook", () => raw.deleteWebhook({ drop_pending_updates: true }));
  server.closeAllConnections();
  server.close();
}

async function messages() {
  await call("getMe", () => raw.getMe());
  const sent = await call("sendMessage", () => raw.sendMessage({
    ...inHall, text: "*hello* @ada", parse_mode: "MarkdownV2",
    reply_markup: { inline_keyboard: [[{ text: "Yes", callback_data: "y" }]] },
  }));
  const id = sent!.message_id;
  const plain = (await raw.sendMessage({ ...inHall, text: "plain" })).message_id;
  await control("/messages", { room: "Hall", from: "ada", reply_to: id, callback: "y" });
  const got = await raw.getUpdates({ timeout: 0 });
  const press = got.find((update) => update.callback_query)!.callback_query!;
  await call("getUpdates", () => Promise.resolve(got));
  await call("answerCallbackQuery", () => raw.answerCallbackQuery({ callback_query_id: press.id, text: "ok" }));
  await call("forwardMessage", () => raw.forwardMessage({ chat_id: ada, from_chat_id: hall, message_id: id }));
  await call("forwardMessages", () => raw.forwardMessages({ chat_id: ada, from_chat_id: hall, message_ids: [id, plain] }));
  await call("copyMessage", () => raw.copyMessage({ ...inHall, from_chat_id: hall, message_id: plain }));
  await call("copyMessages", () => raw.copyMessages({ chat_id: ada, from_chat_id: hall, message_ids: [id, plain] }));
  await call("sendMessageDraft", () => raw.sendMessageDraft({ chat_id: ada, draft_id: 1, text: "th" }));
  const rich = { blocks: [{ type: "divider" as const }] };
  await call("sendRichMessage", () => raw.sendRichMessage({ ...inHall, rich_message: rich }));
  await call("sendRichMessageDraft", () => raw.sendRichMessageDraft({ chat_id: ada, draft_id: 2, rich_message: rich }));
  await call("sendChatAction", () => raw.sendChatAction({ ...inHall, action: "typing" }));
  await call("setMessageReaction", () => raw.setMessageReaction({ ...inHall, message_id: id, reaction: [{ type: "emoji", emoji: "👍" }] }));
  await call("deleteMessageReaction", () => raw.deleteMessageReaction({ ...inHall, message_id: id, user_id: ada }));
  await call("deleteAllMessageReactions", () => raw.deleteAllMessageReactions({ ...inHall, user_id: ada }));
  await call("editMessageText", () => raw.editMessageText({ ...inHall, message_id: id, text: "changed" }));
  await call("editMessageReplyMarkup", () => raw.editMessageReplyMarkup({ ...inHall, message_id: id, reply_markup: { inline_keyboard: [[{ text: "No", callback_data: "n" }]] } }));
  await call("pinChatMessage", () => raw.pinChatMessage({ ...inHall, message_id: id }));
  await call("getChat", () => raw.getChat(inHall));
  await call("unpinChatMessage", () => raw.unpinChatMessage({ ...inHall, message_id: id }));
  await call("unpinAllChatMessages", () => raw.unpinAllChatMessages(inHall));
  await call("deleteMessage", () => raw.deleteMessage({ ...inHall, message_id: id }));
  await call("deleteMessages", () => raw.deleteMessages({ ...inHall, message_ids: [plain, 4711] }));
}

async function media() {
  const sent = await call("sendPhoto", () => raw.sendPhoto({ ...inHall, photo: photo(), caption: "a *photo*" }));
  const document = await call("sendDocument", () => raw.sendDocument({ ...inHall, document: file("notes.txt") }));
  await call("getFile", () => raw.getFile({ file_id: document!.document.file_id }));
  await call("sendLivePhoto", () => raw.sendLivePhoto({ ...inHall, live_photo: file("a.mp4"), photo: photo() }));
  await call("sendAudio", () => raw.sendAudio({ ...inHall, audio: file("a.mp3"), duration: 3, performer: "Ada" }));
  const video = await call("sendVideo", () => raw.sendVideo({ ...inHall, video: file("a.mp4"), width: 640, height: 480, duration: 2 }));
  await call("sendAnimation", () => raw.sendAnimation({ ...inHall, animation: file("a.gif") }));
  await call("sendVoice", () => raw.sendVoice({ ...inHall, voice: file("a.ogg"), duration: 1 }));
  await call("sendVideoNote", () => raw.sendVideoNote({ ...inHall, video_note: file("note.mp4"), length: 240 }));
  await call("sendPaidMedia", () => raw.sendPaidMedia({ ...inHall, star_count: 1, media: [{ type: "photo", media: photo() }] }));
  await call("sendMediaGroup", () => raw.sendMediaGroup({ ...inHall, media: [{ type: "photo", media: photo(), caption: "one" }, { type: "video", media: video!.video.file_id }] }));
  await call("editMessageCaption", () => raw.editMessageCaption({ ...inHall, message_id: sent!.message_id, caption: "another" }));
  await call("editMessageMedia", () => raw.editMessageMedia({ ...inHall, message_id: sent!.message_id, media: { type: "video", media: file("b.mp4") } }));
  const place = await call("sendLocation", () => raw.sendLocation({ ...inHall, latitude: 48.2, longitude: 16.4, live_period: 600 }));
  await call("editMessageLiveLocation", () => raw.editMessageLiveLocation({ ...inHall, message_id: place!.message_id, latitude: 48.3, longitude: 16.5 }));
  await call("stopMessageLiveLocation", () => raw.stopMessageLiveLocation({ ...inHall, message_id: place!.message_id }));
  await call("sendVenue", () => raw.sendVenue({ ...inHall, latitude: 48.2, longitude: 16.4, title: "Hall", address: "Ring 1" }));
  await call("sendContact", () => raw.sendContact({ ...inHall, phone_number: "+431234", first_name: "Ada" }));
  const poll = await call("sendPoll", () => raw.sendPoll({ ...inHall, question: "When?", options: [{ text: "Now" }, { text: "Later" }], is_anonymous: false }));
  await call("stopPoll", () => raw.stopPoll({ ...inHall, message_id: poll!.message_id }));
  await call("sendDice", () => raw.sendDice({ ...inHall, emoji: "🎲" }));
  const checklist = { title: "To do", tasks: [{ id: 1, text: "Water" }] };
  const list = await call("sendChecklist", () => raw.sendChecklist({ business_connection_id: business, ...inHall, checklist }));
  await call("editMessageChecklist", () => raw.editMessageChecklist({ business_connection_id: business, ...inHall, message_id: list!.message_id, checklist }));
  const game = await call("sendGame", () => raw.sendGame({ ...inHall, game_short_name: "snake" }));
  await call("setGameScore", () => raw.setGameScore({ ...inHall, user_id: ada, score: 3, message_id: game!.message_id }));
  await call("getGameHighScores", () => raw.getGameHighScores({ ...inHall, user_id: ada, message_id: game!.message_id }));
  const prices = [{ label: "Tea", amount: 3 }];
  await call("sendInvoice", () => raw.sendInvoice({ ...inHall, title: "Tea", description: "A cup", payload: "p", currency: "XTR", prices }));
  await call("createInvoiceLink", () => raw.createInvoiceLink({ title: "Tea", description: "A cup", payload: "p", provider_token: "", currency: "XTR", prices }));
  await call("answerShippingQuery", () => raw.answerShippingQuery({ shipping_query_id: "1", ok: false, error_message: "no" }));
  await call("answerPreCheckoutQuery", () => raw.answerPreCheckoutQuery({ pre_checkout_query_id: "1", ok: true }));
  await call("editEphemeralMessageText", () => raw.editEphemeralMessageText({ ...ephemeral, text: "x" }));
  await call("editEphemeralMessageMedia", () => raw.editEphemeralMessageMedia({ ...ephemeral, media: { type: "photo", media: photo() } }));
  await call("editEphemeralMessageCaption", () => raw.editEphemeralMessageCaption({ ...ephemeral, caption: "x" }));
  await call("editEphemeralMessageReplyMarkup", () => raw.editEphemeralMessageReplyMarkup(ephemeral));
  await call("deleteEphemeralMessage", () => raw.deleteEphemeralMessage(ephemeral));
}

async function chat() {
  await call("setChatTitle", () => raw.setChatTitle({ ...inHall, title: "Great Hall" }));
  await call("setChatDescription", () => raw.setChatDescription({ ...inHall, description: "Where we meet" }));
  await call("setChatPhoto", () => raw.setChatPhoto({ ...inHall, photo: photo() }));
  await call("setChatPermissions", () => raw.setChatPermissions({ ...inHall, permissions }));
  await call("setChatStickerSet", () => raw.setChatStickerSet({ ...inHall, sticker_set_name: setName }));
  await call("exportChatInviteLink", () => raw.exportChatInviteLink(inHall));
  await call("getChat", () => raw.getChat(inHall));
  await call("getChat", () => raw.getChat({ chat_id: ada }));
  await call("deleteChatStickerSet", () => raw.deleteChatStickerSet(inHall));
  await call("deleteChatPhoto", () => raw.deleteChatPhoto(inHall));
  const link = await call("createChatInviteLink", () => raw.createChatInviteLink({ ...inHall, name: "door", member_limit: 3 }));
  await call("editChatInviteLink", () => raw.editChatInviteLink({ ...inHall, invite_link: link!.invite_link, name: "gate" }));
  await call("revokeChatInviteLink", () => raw.revokeChatInviteLink({ ...inHall, invite_link: link!.invite_link }));
  const paid = await call("createChatSubscriptionInviteLink", () => raw.createChatSubscriptionInviteLink({ ...inHall, subscription_period: 2592000, subscription_price: 5 }));
  await call("editChatSubscriptionInviteLink", () => raw.editChatSubscriptionInviteLink({ ...inHall, invite_link: paid!.invite_link, name: "paid" }));
  await call("approveChatJoinRequest", () => raw.approveChatJoinRequest({ ...inHall, user_id: eve }));
  const gil = (await (await fetch(`${setup.control}/control/v1/people`)).json() as { id: number; name: string }[]).find((who) => who.name === "gil")!.id;
  await call("declineChatJoinRequest", () => raw.declineChatJoinRequest({ ...inHall, user_id: gil }));
  await call("answerChatJoinRequestQuery", () => raw.answerChatJoinRequestQuery({ chat_join_request_query_id: "1", result: "approve" }));
  await call("sendChatJoinRequestWebApp", () => raw.sendChatJoinRequestWebApp({ chat_join_request_query_id: "1", web_app_url: "https://example.org" }));
  await call("getChatMember", () => raw.getChatMember({ ...inHall, user_id: ada }));
  await call("restrictChatMember", () => raw.restrictChatMember({ ...inHall, user_id: bob, permissions }));
  await call("getChatMember", () => raw.getChatMember({ ...inHall, user_id: bob }));
  await call("setChatMemberTag", () => raw.setChatMemberTag({ ...inHall, user_id: bob, tag: "quiet" }));
  await call("promoteChatMember", () => raw.promoteChatMember({ ...inHall, user_id: bob, can_pin_messages: true }));
  await call("setChatAdministratorCustomTitle", () => raw.setChatAdministratorCustomTitle({ ...inHall, user_id: bob, custom_title: "Porter" }));
  await call("getChatAdministrators", () => raw.getChatAdministrators(inHall));
  await call("promoteChatMember", () => raw.promoteChatMember({ ...inHall, user_id: bob }));
  await call("banChatMember", () => raw.banChatMember({ ...inHall, user_id: bob, until_date: 2000000000 }));
  await call("getChatMember", () => raw.getChatMember({ ...inHall, user_id: bob }));
  await call("unbanChatMember", () => raw.unbanChatMember({ ...inHall, user_id: bob, only_if_banned: true }));
  await call("getChatMember", () => raw.getChatMember({ ...inHall, user_id: bob }));
  await call("getChatMemberCount", () => raw.getChatMemberCount(inHall));
  await call("banChatSenderChat", () => raw.banChatSenderChat({ ...inHall, sender_chat_id: -1001 }));
  await call("unbanChatSenderChat", () => raw.unbanChatSenderChat({ ...inHall, sender_chat_id: -1001 }));
  await call("getUserChatBoosts", () => raw.getUserChatBoosts({ ...inHall, user_id: ada }));
  await call("verifyChat", () => raw.verifyChat(inHall));
  await call("removeChatVerification", () => raw.removeChatVerification(inHall));
  await call("getChatGifts", () => raw.getChatGifts(inHall));
  await call("approveSuggestedPost", async () => raw.approveSuggestedPost({ ...inHall, message_id: (await raw.sendMessage({ ...inHall, text: "post" })).message_id }));
  await call("declineSuggestedPost", async () => raw.declineSuggestedPost({ ...inHall, message_id: (await raw.sendMessage({ ...inHall, text: "post" })).message_id }));
}

async function topics() {
  await call("getForumTopicIconStickers", () => raw.getForumTopicIconStickers());
  const topic = await call("createForumTopic", () => raw.createForumTopic({ ...inHall, name: "Plants" }));
  const thread = { ...inHall, message_thread_id: topic?.message_thread_id ?? 1 };
  await call("editForumTopic", () => raw.editForumTopic({ ...thread, name: "Trees" }));
  await call("closeForumTopic", () => raw.closeForumTopic(thread));
  await call("reopenForumTopic", () => raw.reopenForumTopic(thread));
  await call("unpinAllForumTopicMessages", () => raw.unpinAllForumTopicMessages(thread));
  await call("deleteForumTopic", () => raw.deleteForumTopic(thread));
  await call("editGeneralForumTopic", () => raw.editGeneralForumTopic({ ...inHall, name: "All" }));
  await call("closeGeneralForumTopic", () => raw.closeGeneralForumTopic(inHall));
  await call("reopenGeneralForumTopic", () => raw.reopenGeneralForumTopic(inHall));
  await call("hideGeneralForumTopic", () => raw.hideGeneralForumTopic(inHall));
  await call("unhideGeneralForumTopic", () => raw.unhideGeneralForumTopic(inHall));
  await call("unpinAllGeneralForumTopicMessages", () => raw.unpinAllGeneralForumTopicMessages(inHall));
}

async function stickers() {
  const input = () => ({ sticker: new InputFile(png(512, 512), "s.png"), format: "static" as const, emoji_list: ["🌱"] });
  await call("sendSticker", () => raw.sendSticker({ ...inHall, sticker: new InputFile(png(512, 512), "s.webp"), emoji: "🌱" }));
  const uploaded = await call("uploadStickerFile", () => raw.uploadStickerFile({ user_id: ada, sticker: new InputFile(png(512, 512), "u.png"), sticker_format: "static" }));
  await call("createNewStickerSet", () => raw.createNewStickerSet({ user_id: ada, name: setName, title: "Pack", stickers: [input(), { sticker: uploaded!.file_id, format: "static", emoji_list: ["🌿"] }] }));
  const set = await call("getStickerSet", () => raw.getStickerSet({ name: setName }));
  const [first, second] = set!.stickers.map((sticker) => sticker.file_id);
  await call("addStickerToSet", () => raw.addStickerToSet({ user_id: ada, name: setName, sticker: input() }));
  await call("setStickerPositionInSet", () => raw.setStickerPositionInSet({ sticker: first, position: 1 }));
  await call("setStickerEmojiList", () => raw.setStickerEmojiList({ sticker: first, emoji_list: ["🌳"] }));
  await call("setStickerKeywords", () => raw.setStickerKeywords({ sticker: first, keywords: ["tree"] }));
  await call("setStickerMaskPosition", () => raw.setStickerMaskPosition({ sticker: first, mask_position: { point: "eyes", x_shift: 0, y_shift: 0, scale: 1 } }));
  await call("replaceStickerInSet", () => raw.replaceStickerInSet({ user_id: ada, name: setName, old_sticker: second, sticker: input() }));
  await call("getStickerSet", () => raw.getStickerSet({ name: setName }));
  await call("deleteStickerFromSet", () => raw.deleteStickerFromSet({ sticker: first }));
  await call("setStickerSetTitle", () => raw.setStickerSetTitle({ name: setName, title: "Leaves" }));
  await call("setStickerSetThumbnail", () => raw.setStickerSetThumbnail({ name: setName, user_id: ada, format: "static" }));
  await call("setCustomEmojiStickerSetThumbnail", () => raw.setCustomEmojiStickerSetThumbnail({ name: setName }));
  await call("getCustomEmojiStickers", () => raw.getCustomEmojiStickers({ custom_emoji_ids: ["1"] }));
  await call("deleteStickerSet", () => raw.deleteStickerSet({ name: setName }));
}

async function bot() {
  await call("setMyCommands", () => raw.setMyCommands({ commands: [{ command: "start", description: "Begin" }] }));
  await call("getMyCommands", () => raw.getMyCommands({}));
  await call("deleteMyCommands", () => raw.deleteMyCommands({}));
  await call("setMyName", () => raw.setMyName({ name: "Ada" }));
  await call("getMyName", () => raw.getMyName({}));
  await call("setMyDescription", () => raw.setMyDescription({ description: "A program" }));
  await call("getMyDescription", () => raw.getMyDescription({}));
  await call("setMyShortDescription", () => raw.setMyShortDescription({ short_description: "Brief" }));
  await call("getMyShortDescription", () => raw.getMyShortDescription({}));
  await call("setMyProfilePhoto", () => raw.setMyProfilePhoto({ photo: { type: "static", photo: photo() } }));
  await call("removeMyProfilePhoto", () => raw.removeMyProfilePhoto());
  await call("setChatMenuButton", () => raw.setChatMenuButton({ menu_button: { type: "web_app", text: "Open", web_app: { url: "https://example.org" } } }));
  await call("getChatMenuButton", () => raw.getChatMenuButton({}));
  await call("setMyDefaultAdministratorRights", () => raw.setMyDefaultAdministratorRights({}));
  await call("getMyDefaultAdministratorRights", () => raw.getMyDefaultAdministratorRights({}));
  const user = { user_id: ada };
  await call("getUserProfilePhotos", () => raw.getUserProfilePhotos(user));
  await call("getUserProfileAudios", () => raw.getUserProfileAudios(user));
  await call("setUserEmojiStatus", () => raw.setUserEmojiStatus(user));
  await call("getUserPersonalChatMessages", () => raw.getUserPersonalChatMessages({ ...user, limit: 3 }));
  await call("verifyUser", () => raw.verifyUser(user));
  await call("removeUserVerification", () => raw.removeUserVerification(user));
  await call("getUserGifts", () => raw.getUserGifts(user));
  await call("getManagedBotToken", () => raw.getManagedBotToken(user));
  await call("replaceManagedBotToken", () => raw.replaceManagedBotToken(user));
  await call("getManagedBotAccessSettings", () => raw.getManagedBotAccessSettings(user));
  await call("setManagedBotAccessSettings", () => raw.setManagedBotAccessSettings({ ...user, is_access_restricted: true }));
  await call("answerGuestQuery", () => raw.answerGuestQuery({ guest_query_id: "1", result }));
  await call("answerInlineQuery", () => raw.answerInlineQuery({ inline_query_id: "1", results: [result] }));
  await call("answerWebAppQuery", () => raw.answerWebAppQuery({ web_app_query_id: "1", result }));
  await call("savePreparedInlineMessage", () => raw.savePreparedInlineMessage({ ...user, result }));
  await call("savePreparedKeyboardButton", () => raw.savePreparedKeyboardButton({ ...user, button: { text: "Pick", request_users: { request_id: 1 } } }));
  await call("setPassportDataErrors", () => raw.setPassportDataErrors({ ...user, errors: [] }));
}

async function gifts() {
  await call("getAvailableGifts", () => raw.getAvailableGifts());
  await call("sendGift", () => raw.sendGift({ user_id: ada, gift_id: "1" }));
  await call("giftPremiumSubscription", () => raw.giftPremiumSubscription({ user_id: ada, month_count: 3, star_count: 1000 }));
  await call("getMyStarBalance", () => raw.getMyStarBalance());
  await call("getStarTransactions", () => raw.getStarTransactions({}));
  await call("refundStarPayment", () => raw.refundStarPayment({ user_id: ada, telegram_payment_charge_id: "1" }));
  await call("editUserStarSubscription", () => raw.editUserStarSubscription({ user_id: ada, telegram_payment_charge_id: "1", is_canceled: true }));
  const connection = { business_connection_id: business };
  await call("getBusinessConnection", () => raw.getBusinessConnection(connection));
  await call("readBusinessMessage", async () => raw.readBusinessMessage({ ...connection, ...inHall, message_id: (await raw.sendMessage({ ...inHall, text: "x" })).message_id }));
  await call("deleteBusinessMessages", () => raw.deleteBusinessMessages({ ...connection, message_ids: [1] }));
  await call("setBusinessAccountName", () => raw.setBusinessAccountName({ ...connection, first_name: "Ada" }));
  await call("setBusinessAccountUsername", () => raw.setBusinessAccountUsername({ ...connection, username: "ada" }));
  await call("setBusinessAccountBio", () => raw.setBusinessAccountBio({ ...connection, bio: "Plants" }));
  await call("setBusinessAccountProfilePhoto", () => raw.setBusinessAccountProfilePhoto({ ...connection, photo: { type: "static", photo: photo() } }));
  await call("removeBusinessAccountProfilePhoto", () => raw.removeBusinessAccountProfilePhoto(connection));
  const kinds = { unlimited_gifts: true, limited_gifts: true, unique_gifts: true, premium_subscription: true, gifts_from_channels: true };
  await call("setBusinessAccountGiftSettings", () => raw.setBusinessAccountGiftSettings({ ...connection, show_gift_button: true, accepted_gift_types: kinds }));
  await call("getBusinessAccountStarBalance", () => raw.getBusinessAccountStarBalance(connection));
  await call("transferBusinessAccountStars", () => raw.transferBusinessAccountStars({ ...connection, star_count: 1 }));
  await call("getBusinessAccountGifts", () => raw.getBusinessAccountGifts(connection));
  await call("convertGiftToStars", () => raw.convertGiftToStars({ ...connection, owned_gift_id: "1" }));
  await call("upgradeGift", () => raw.upgradeGift({ ...connection, owned_gift_id: "1" }));
  await call("transferGift", () => raw.transferGift({ ...connection, owned_gift_id: "1", new_owner_chat_id: ada, star_count: 0 }));
  const content = () => ({ type: "photo" as const, photo: photo() });
  const story = await call("postStory", () => raw.postStory({ ...connection, content: content(), active_period: 86400 }));
  await call("repostStory", () => raw.repostStory({ ...connection, from_chat_id: ada, from_story_id: 1, active_period: 86400 }));
  await call("editStory", () => raw.editStory({ ...connection, story_id: story!.id, content: content() }));
  await call("deleteStory", () => raw.deleteStory({ ...connection, story_id: story!.id }));
}

for (const part of [messages, updates, media, chat, topics, stickers, bot, gifts]) {
  try {
    await part();
  } catch (error) {
    failed[`(${part.name})`] = String(error);
  }
}
await call("leaveChat", () => raw.leaveChat(inHall));
await call("close", () => raw.close());
await call("logOut", () => raw.logOut());
writeFileSync(process.argv[3], JSON.stringify({ succeeded, failed }));
