// The floor of net_echo.sh: a raw epoll loop that answers each request with a fixed JSON body. It
// looks only for the end of the head and the length of the body: nothing else could be left out.
#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <unordered_map>

namespace {

const std::string& answer() {
  static const std::string text = [] {
    const std::string body =
        R"({"ok":true,"result":{"message_id":1000,"from":{"id":1,"is_bot":true,)"
        R"("first_name":"Bot","username":"echo_bot"},"chat":{"id":42,"type":"private",)"
        R"("first_name":"Ann"},"date":1767614400,"text":"hello there, how are you today"}})";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n\r\n" + body;
  }();
  return text;
}

int listen_on_free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(fd, 1024) != 0) {
    std::perror("listen");
    std::exit(1);
  }
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return fd;
}

/// Bytes of the first whole request in `text`, 0 when it is not whole.
std::size_t request_size(std::string_view text) {
  const auto head = text.find("\r\n\r\n");
  if (head == std::string_view::npos) return 0;
  std::size_t size = head + 4;
  const auto field = text.find("Content-Length: ");
  if (field != std::string_view::npos && field < head) {
    size += static_cast<std::size_t>(std::atol(text.data() + field + 16));
  }
  return size <= text.size() ? size : 0;
}

}  // namespace

int main() {
  std::signal(SIGTERM, [](int) { ::_exit(0); });
  const int listener = listen_on_free_port();
  const int poll = ::epoll_create1(0);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  ::epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  std::unordered_map<int, std::string> pending;  // the start of a request that is not whole
  char buffer[16 * 1024];
  epoll_event events[256];
  while (true) {
    const int ready = ::epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener) {
        const int client = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.data.fd = client;
        ::epoll_ctl(poll, EPOLL_CTL_ADD, client, &event);
        continue;
      }
      const ssize_t n = ::read(fd, buffer, sizeof buffer);
      if (n <= 0) {
        ::close(fd);
        pending.erase(fd);
        continue;
      }
      std::string_view text(buffer, static_cast<std::size_t>(n));
      std::string joined;
      if (const auto it = pending.find(fd); it != pending.end()) {
        joined = it->second + std::string(text);
        text = joined;
        pending.erase(it);
      }
      while (const std::size_t size = request_size(text)) {
        text.remove_prefix(size);
        if (::write(fd, answer().data(), answer().size()) < 0) break;
      }
      if (!text.empty()) pending[fd] = text;
    }
  }
}
