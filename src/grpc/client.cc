#include "grpc/client.h"

#include "grpc/client_core.h"

namespace ward::grpc {

Connector unix_connector(net::SystemLoop& loop, std::string path, net::ConnectOptions options) {
  return [&loop, path = std::move(path), options](net::ConnectCallback done) {
    return net::connect_unix(loop, path, options, std::move(done));
  };
}

Connector tcp_connector(net::SystemLoop& loop, std::string host, std::uint16_t port,
                        net::ConnectOptions options) {
  return [&loop, host = std::move(host), port, options](net::ConnectCallback done) {
    return net::connect_tcp(loop, host, port, options, std::move(done));
  };
}

Channel::Channel(net::Loop& loop, Random& random, Connector connector, ChannelOptions options)
    : state_(std::make_unique<State>(loop, random, std::move(connector), std::move(options))) {}

Channel::~Channel() = default;

bool Channel::is_connected() const {
  return state_->client != nullptr && state_->client->can_request();
}

void Channel::on_state(std::function<void(bool)> callback) {
  state_->on_state = std::move(callback);
}

std::unique_ptr<internal::ClientCallCore> Channel::start(std::string_view method,
                                                         CallOptions options,
                                                         internal::ClientCallEvents& events) {
  auto call = std::make_unique<ClientCall>(*state_, method, std::move(options), events);
  state_->add(*call);
  return call;
}

}  // namespace ward::grpc
