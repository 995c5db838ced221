// What a peer may make us hold, and for how long. Every bound of the room has its name here.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace ward::http {

struct Limits {
  // Heads, both versions. A request beyond them is answered 414 (target) or 431 (the rest).
  std::size_t target_bytes_max = 8 * 1024;
  std::size_t header_bytes_max = 32 * 1024;  // RFC 9113 6.5.2: name + value + 32 for each field
  std::size_t header_count_max = 128;

  // A body that is gathered whole for a handler; more is answered 413. Streamed bodies are bounded
  // by their reader.
  std::size_t body_bytes_max = 1024 * 1024;

  // Bytes accepted for sending that the peer has not taken yet, beyond which a writer is told to
  // wait (Exchange::is_writable).
  std::size_t output_high_water = 64 * 1024;

  // HTTP/2.
  std::uint32_t concurrent_streams_max = 256;      // a connection
  std::uint32_t stream_window_bytes = 256 * 1024;  // unread bytes a stream may have on the way
  std::uint32_t connection_window_bytes = 1024 * 1024;
  std::size_t unsent_acks_max = 100;  // PING and SETTINGS that the peer makes us answer
  std::uint32_t settings_per_frame_max = 32;
  std::uint32_t continuations_max = 8;   // frames to one header block
  std::uint32_t resets_burst = 1000;     // streams a peer may reset at once ...
  std::uint32_t resets_per_second = 33;  // ... and as a habit (CVE-2023-44487)

  // HTTP/1.1: requests on one connection before it is closed in good order.
  std::size_t requests_per_connection_max = 100'000;

  // Server: connections at one time; one more is closed at once.
  std::size_t connections_max = 16'384;

  // Time-outs, kept to within a quarter of the smallest of them (body_timeout: to within twice).
  std::chrono::milliseconds head_timeout{10'000};   // from the first byte of a head to its last
  std::chrono::milliseconds body_timeout{30'000};   // without a byte, while a body is awaited
  std::chrono::milliseconds idle_timeout{300'000};  // without a request
  std::chrono::milliseconds write_timeout{30'000};  // without a byte taken, while some wait
  // HTTP/2: a PING to a peer that is silent while streams are open; without an answer it is lost.
  std::chrono::milliseconds probe_interval{60'000};
  std::chrono::milliseconds probe_timeout{20'000};
  std::chrono::milliseconds drain_timeout{10'000};  // for open requests, once shut down
};

}  // namespace ward::http
