// ward-server put together: the composition root. Everything is built here, in order, and ends in
// the opposite order.
//
// DATA_DIR (0700) holds journal.db, kek, signing.key, evidence/ (the server's own log), logs/
// (copies of the nodes'), receipts/ and admin.sock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/log.h"
#include "base/random.h"
#include "base/result.h"
#include "net/loop.h"
#include "os/file_system.h"
#include "server/config.h"

namespace ward::server {

// What the server gets from its surroundings; all of it outlives the server.
struct ServerSystem {
  net::SystemLoop& loop;
  os::FileSystem& files;
  const Clock& clock;
  Random& random;  // a real generator, any thread
  Log log;
  std::string version;
};

// Made before the loop runs, then loop thread; destroyed after the loop has stopped.
class Server {
 public:
  // Opens or makes what is on disk, bootstraps, and listens. The error says what stands in the way:
  // a file that others may read, a port that is in use, another server on this directory, ...
  static Result<std::unique_ptr<Server>> start(const ServerConfig& config, ServerSystem system);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const;  // that it listens on

  // Takes no new work, ends the streams of nodes, lets calls in progress end (bounded by
  // http::Limits::drain_timeout), then calls `done`. Once.
  void shut_down(std::function<void()> done);

  // Called when the server cannot go on (the journal is lost to it): shut it down.
  void on_failure(std::function<void(const Error&)> failed);

 private:
  struct Stores;
  struct Services;
  struct Fronts;
  explicit Server(ServerSystem system);
  Result<void> open_stores(const ServerConfig& config);
  Result<void> make_services(const ServerConfig& config);
  Result<void> listen(const ServerConfig& config);

  ServerSystem system_;
  std::string data_dir_;
  std::function<void(const Error&)> failed_;
  std::unique_ptr<Stores> stores_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Fronts> fronts_;
};

}  // namespace ward::server
