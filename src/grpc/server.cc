#include "grpc/server.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "grpc/server_core.h"
#include "http/router.h"

namespace ward::grpc {

namespace internal {

ReplyHandle& ReplyHandle::operator=(ReplyHandle&& other) noexcept {
  if (this != &other) {
    drop();
    call_ = std::exchange(other.call_, nullptr);
  }
  return *this;
}

ServerCallCore& ReplyHandle::call() const {
  WARD_CHECK(call_ != nullptr);
  return *call_;
}

void ReplyHandle::finish(const google::protobuf::MessageLite& response) {
  call().write(response);
  call().finish({});
  drop();
}

void ReplyHandle::fail(Error error) {
  call().finish(std::move(error));
  drop();
}

void ReplyHandle::drop() {
  if (auto* call = std::exchange(call_, nullptr)) call->release_handle();
}

}  // namespace internal

Server::Server(net::Loop& loop, Limits limits) : state_(std::make_unique<State>(loop, limits)) {}
Server::~Server() = default;

void Server::add(std::string_view method, internal::Method entry) {
  WARD_CHECK(std::ranges::count(method, '/') == 1);
  const bool is_new = state_->methods.emplace('/' + std::string(method), std::move(entry)).second;
  WARD_CHECK(is_new);
}

void Server::intercept(std::string prefix, Interceptor interceptor) {
  state_->interceptors.emplace_back(std::move(prefix), std::move(interceptor));
}

void Server::mount(http::Router& router) {
  router.set_fallback([state = state_.get()](std::unique_ptr<http::Exchange> exchange) {
    state->handle(std::move(exchange));
  });
}

std::vector<std::string> Server::services() const {
  std::set<std::string> names;
  for (const auto& [path, method] : state_->methods) {
    names.insert(path.substr(1, path.rfind('/') - 1));
  }
  return {names.begin(), names.end()};
}

void Server::State::handle(std::unique_ptr<http::Exchange> exchange) {
  const http::RequestHead& head = exchange->head();
  const auto type = head.headers.find("content-type");
  if (!type || !is_grpc_content_type(*type)) {
    return exchange->send(http::Response::empty(has_service_of(head.path()) ? 415 : 404));
  }
  if (head.version != http::Version::kHttp2) return exchange->send(http::Response::empty(505));
  if (head.method != "POST") return exchange->send(http::Response::empty(405));
  calls.push_front(std::make_unique<ServerCall>(*this, std::move(exchange)));
  ServerCall& call = *calls.front();
  call.place = calls.begin();
  call.start();
}

const internal::Method* Server::State::find(std::string_view path) const {
  const auto found = methods.find(path);
  return found == methods.end() ? nullptr : &found->second;
}

bool Server::State::has_service_of(std::string_view path) const {
  const std::string_view prefix = path.substr(0, path.rfind('/') + 1);
  const auto next = methods.lower_bound(prefix);
  return prefix.size() > 1 && next != methods.end() && next->first.starts_with(prefix);
}

}  // namespace ward::grpc
