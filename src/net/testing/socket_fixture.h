// A listener on this machine, the streams it accepted, and clients of it. Included by tests only.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "net/connect.h"
#include "net/listener.h"
#include "net/testing/harness.h"

namespace ward::net::testing {

class SocketFixture : public ::testing::Test {
 protected:
  SocketFixture() { mkdtemp(directory_.data()); }
  ~SocketFixture() override { std::filesystem::remove_all(directory_); }

  std::string path(const std::string& name) const { return directory_ + "/" + name; }

  AcceptCallback keep() {
    return [this](std::unique_ptr<Stream> stream) { streams_.push_back(std::move(stream)); };
  }

  void listen(const ListenOptions& options) {
    auto listener = listen_tcp(loop_, "127.0.0.1", 0, options, keep());
    ASSERT_TRUE(listener.ok()) << listener.error().text();
    listener_ = std::move(*listener);
  }

  void listen_at(const std::string& where, mode_t mode, const ListenOptions& options) {
    auto listener = listen_unix(loop_, where, mode, options, keep());
    ASSERT_TRUE(listener.ok()) << listener.error().text();
    listener_ = std::move(*listener);
  }

  template <typename Predicate>
  bool run_until(Predicate is_so) {
    return testing::run_until(loop_, is_so);
  }

  // The outcome of an attempt that `start` makes with a callback.
  template <typename Start>
  Result<std::unique_ptr<Stream>> outcome(Start start) {
    std::optional<Result<std::unique_ptr<Stream>>> result;
    const Attempt attempt =
        start([&](Result<std::unique_ptr<Stream>> stream) { result.emplace(std::move(stream)); });
    EXPECT_FALSE(result);  // never from inside the call
    run_until([&] { return result.has_value(); });
    if (!result) return Error(ErrorCode::kInternal, "no outcome");
    return std::move(*result);
  }

  // A client, once it and the listener's side are there; null on failure.
  std::unique_ptr<Stream> connect(const ConnectOptions& options = {}) {
    return accepted(outcome([&](ConnectCallback done) {
      return connect_tcp(loop_, "127.0.0.1", listener_->port(), options, std::move(done));
    }));
  }
  std::unique_ptr<Stream> connect_at(const std::string& where, const ConnectOptions& options = {}) {
    return accepted(outcome([&](ConnectCallback done) {
      return connect_unix(loop_, where, options, std::move(done));
    }));
  }

  Stream& server() { return *streams_.back(); }

  SystemClock clock_;
  SystemLoop loop_{clock_};
  std::string directory_ = "/tmp/ward_net_test.XXXXXX";
  std::unique_ptr<Listener> listener_;
  std::vector<std::unique_ptr<Stream>> streams_;

 private:
  std::unique_ptr<Stream> accepted(Result<std::unique_ptr<Stream>> client) {
    if (!client.ok()) {
      ADD_FAILURE() << client.error().text();
      return nullptr;
    }
    const auto before = taken_++;
    EXPECT_TRUE(run_until([&] { return listener_->counts().accepted > before; }));
    return std::move(*client);
  }

  std::size_t taken_ = 0;
};

}  // namespace ward::net::testing
