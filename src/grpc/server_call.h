// One call as a server sees it, whatever its message types: what context() of a typed handle gives.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "base/result.h"
#include "grpc/message.h"
#include "grpc/metadata.h"

namespace ward::net {
struct Peer;
}

namespace ward::grpc {

// Loop thread. Handlers get references; they hold while the handle (UnaryReply, ClientStreamReply)
// or the object of the call (CallObject) lives.
class ServerContext {
 public:
  virtual ~ServerContext() = default;

  virtual std::string_view method() const = 0;  // `ward.v1.Admin/Ask`
  // Stays true to the end of the call, even when the connection is lost before.
  virtual const net::Peer& peer() const = 0;
  virtual const Metadata& metadata() const = 0;  // what the client sent
  virtual std::optional<MonotonicTime> deadline() const = 0;

  // The client cancelled, was lost, or its deadline passed. What is sent then is dropped.
  virtual bool is_cancelled() const = 0;
  // At most one; called once, when that happens, from the loop and not from within a call of ours.
  virtual void on_cancel(std::function<void()> callback) = 0;

  // Added to before the first message is sent; later additions are lost.
  virtual Metadata& initial_metadata() = 0;
  // Sends it now rather than with the first message.
  virtual void send_initial_metadata() = 0;
  // Sent with the status.
  virtual Metadata& trailers() = 0;

  // While held no message is delivered and the client's window is not refilled: back-pressure.
  virtual void hold() = 0;
  virtual void resume() = 0;
};

namespace internal {

// What typed handles call.
class ServerCallCore : public ServerContext {
 public:
  // True while more may be written; false asks to wait for on_writable. What is written is kept
  // and sent in either case.
  virtual bool write(const google::protobuf::MessageLite& message) = 0;
  virtual bool is_writable() const = 0;
  // Once; the call is over when it returns, and its object is destroyed after the callback in
  // progress.
  virtual void finish(Result<void> status) = 0;
  // While a handle is out the call lives; one given back unfinished answers kInternal.
  virtual void acquire_handle() = 0;
  virtual void release_handle() = 0;
};

// Owns a unary call's right to be answered. An unanswered one that is dropped answers kInternal.
class ReplyHandle {
 public:
  explicit ReplyHandle(ServerCallCore& call) : call_(&call) { call.acquire_handle(); }
  ReplyHandle(ReplyHandle&& other) noexcept : call_(std::exchange(other.call_, nullptr)) {}
  ReplyHandle& operator=(ReplyHandle&& other) noexcept;
  ~ReplyHandle() { drop(); }

  ServerCallCore& call() const;
  void finish(const google::protobuf::MessageLite& response);
  void fail(Error error);
  bool is_done() const { return call_ == nullptr; }

 private:
  void drop();
  ServerCallCore* call_;
};

}  // namespace internal
}  // namespace ward::grpc
