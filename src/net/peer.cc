// Errors, addresses and peers as the system tells them.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <cerrno>
#include <cstring>

#include "net/socket_stream.h"
#include "net/system_io.h"

namespace ward::net {
namespace {

ErrorCode code_of(const boost::system::error_code& error) {
  if (error.category() != boost::system::system_category()) return ErrorCode::kUnavailable;
  switch (error.value()) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
      return ErrorCode::kPermissionDenied;
    case EADDRINUSE:
      return ErrorCode::kAlreadyExists;
    case EADDRNOTAVAIL:
    case EINVAL:
    case EAFNOSUPPORT:
      return ErrorCode::kInvalidArgument;
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case ENOMEM:
      return ErrorCode::kResourceExhausted;
    default:
      return ErrorCode::kUnavailable;
  }
}

template <typename Endpoint>
Endpoint endpoint_as(const Protocol::endpoint& from) {
  Endpoint to;
  const auto size = std::min(from.size(), to.capacity());
  to.resize(size);
  std::memcpy(to.data(), from.data(),
              size);  // to.size() is that of the family it does not know yet
  return to;
}

}  // namespace

Error to_error(const boost::system::error_code& error, std::string_view what) {
  return make_error(code_of(error), "{}: {}", what, error.message());
}

std::string address_text(const Protocol::endpoint& endpoint) {
  if (endpoint.protocol().family() == AF_UNIX) {
    const auto path = endpoint_as<asio::local::stream_protocol::endpoint>(endpoint).path();
    // An abstract name starts with a zero byte, which belongs in no log.
    return path.starts_with('\0') ? "unix:" : "unix:" + path;
  }
  const auto tcp = endpoint_as<asio::ip::tcp::endpoint>(endpoint);
  const auto address = tcp.address().to_string();
  return fmt::format(fmt::runtime(tcp.address().is_v6() ? "[{}]:{}" : "{}:{}"), address,
                     tcp.port());
}

Result<Peer> peer_of(Socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return to_error(error, "peer");
  Peer peer{.address = address_text(endpoint)};
  if (endpoint.protocol().family() != AF_UNIX) return peer;
  WARD_TRY(auto credentials, os::peer_credentials(socket.native_handle()));
  peer.unix_peer =
      UnixPeer{credentials.uid, credentials.gid, credentials.pid,
               std::make_shared<const os::ProcessHandle>(std::move(credentials.process))};
  return peer;
}

}  // namespace ward::net
