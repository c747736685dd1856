#pragma once

#include "chorus/rt/notify.hpp"
#include "chorus/sandbox/model.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace chorus::sandbox::matrix {

class AppService;
class RoomLog;

struct Device {
  std::string id;
  std::string token;
  std::string name;
};

/// A piece of account data; `content` is empty once it was deleted.
struct UserData {
  std::string content;
  std::int64_t position = 0;
};

/// What the homeserver keeps for one account beside the world. Shared by
/// the hub and syncs under way, because the world may be emptied while one waits.
struct User : std::enable_shared_from_this<User> {
  User(rt::Loop& loop, Account& of) : account(&of), wake(loop) {}

  Account* account;
  rt::Notify wake;  ///< a held sync of this user waits here
  std::size_t waiting = 0;
  std::string password;  ///< empty: any is accepted
  std::string avatar;
  std::map<std::string, Device> devices;
  std::vector<std::string> filters;  ///< JSON; the id is the index
  /// By room id (empty: of the account) and type.
  std::map<std::pair<std::string, std::string>, UserData> data;
  std::int64_t last_data = 0;             ///< position of the newest piece
  std::map<std::string, RoomLog*> rooms;  ///< every room that it has a membership in, by id
  AppService* service = nullptr;          ///< the application service whose namespace it is in
  bool gone = false;                      ///< the world was emptied: `account` is no more
  bool ready = false;                     ///< has synced, or its application service has used it
};

}  // namespace chorus::sandbox::matrix
