// Does the compiler destroy every temporary of a full expression with co_await exactly once?
// GCC 12 does not: an aggregate made in such an expression is destroyed twice, without a warning.
// Exit code 0: right. 1: wrong, with the cases. Needs C++20 only, so that any compiler can try.
#include <coroutine>
#include <cstdio>
#include <exception>
#include <utility>

namespace {

int made = 0;
int gone = 0;

struct Counted {
  Counted() { ++made; }
  Counted(const Counted&) { ++made; }
  Counted(Counted&&) noexcept { ++made; }
  Counted& operator=(const Counted&) = default;
  ~Counted() { ++gone; }
};

struct Aggregate {
  Counted counted;
  int number = 0;
};

struct Task {
  struct promise_type {
    std::coroutine_handle<> caller = std::noop_coroutine();
    Task get_return_object() {
      return Task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    struct Final {
      bool await_ready() noexcept { return false; }
      std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
        return h.promise().caller;
      }
      void await_resume() noexcept {}
    };
    Final final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  explicit Task(std::coroutine_handle<promise_type> h) : handle(h) {}
  Task(Task&& other) noexcept : handle(std::exchange(other.handle, {})) {}
  ~Task() {
    if (handle) handle.destroy();
  }
  bool await_ready() { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) {
    handle.promise().caller = caller;
    return handle;
  }
  void await_resume() {}
  std::coroutine_handle<promise_type> handle;
};

struct Number {
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  int await_resume() { return 7; }
};

Task take(Aggregate) {
  co_return;
}
Task look(const Aggregate&) {
  co_return;
}
int second(const Aggregate&, int n) {
  return n;
}
Aggregate make(int n) {
  return Aggregate{Counted(), n};
}

Task by_value() {
  co_await take(Aggregate{Counted(), 3});
}
Task by_braces() {
  co_await take({Counted(), 3});
}
Task by_reference() {
  co_await look(Aggregate{Counted(), 3});
}
Task beside_an_await() {
  (void)second(Aggregate{Counted(), 3}, co_await Number{});
}
Task await_inside() {
  Aggregate aggregate{Counted(), co_await Number{}};
  (void)aggregate;
}
Task made_from_an_await() {
  co_await take(make(co_await Number{}));
}

bool wrong(const char* name, Task task) {
  made = 0;
  gone = 0;
  {
    Task running = std::move(task);
    running.handle.resume();
  }
  if (made == gone) return false;
  std::printf("%s: %d made, %d destroyed\n", name, made, gone);
  return true;
}

}  // namespace

int main() {
  int bad = 0;
  bad += wrong("aggregate passed by value", by_value());
  bad += wrong("aggregate passed as braces", by_braces());
  bad += wrong("aggregate passed by reference", by_reference());
  bad += wrong("aggregate beside co_await", beside_an_await());
  bad += wrong("aggregate with co_await inside", await_inside());
  bad += wrong("aggregate made from co_await", made_from_an_await());
  std::printf("%d of 6 expressions destroy a temporary more than once\n", bad);
  return bad == 0 ? 0 : 1;
}
