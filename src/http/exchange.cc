#include "http/exchange.h"

#include <utility>

#include "base/check.h"

namespace ward::http {

Exchange::Exchange(ExchangeCarrier& carrier, std::uint32_t id, RequestHead head,
                   const net::Peer& peer, std::size_t output_high_water)
    : carrier_(&carrier),
      id_(id),
      head_(std::move(head)),
      peer_(&peer),
      output_high_water_(output_high_water) {}

Exchange::~Exchange() {
  if (carrier_ == nullptr) return;
  if (!is_finished_) {
    if (has_head_) {
      carrier_->reset(id_, ResetCode::kInternalError);
    } else {
      send(Response::empty(500));
    }
  }
  if (carrier_ != nullptr) carrier_->release(id_);
}

void Exchange::read(ExchangeObserver& observer) {
  WARD_CHECK(!is_reading_);
  is_reading_ = true;
  observer_ = &observer;
  if (carrier_ != nullptr) carrier_->read(id_);
}

void Exchange::consume(std::size_t bytes) {
  if (carrier_ != nullptr) carrier_->consume(id_, bytes);
}

void Exchange::send_head(const ResponseHead& head) {
  WARD_CHECK(!has_head_);
  has_head_ = true;
  if (carrier_ != nullptr) carrier_->send_head(id_, head, false);
}

void Exchange::send_body(ByteView bytes) {
  WARD_CHECK(has_head_ && !is_finished_);
  if (carrier_ != nullptr) carrier_->send_body(id_, bytes);
}

void Exchange::finish(const Headers& trailers) {
  WARD_CHECK(has_head_ && !is_finished_);
  is_finished_ = true;
  if (carrier_ != nullptr) carrier_->finish(id_, trailers);
}

void Exchange::send_only_head(const ResponseHead& head) {
  WARD_CHECK(!has_head_);
  has_head_ = true;
  is_finished_ = true;
  if (carrier_ != nullptr) carrier_->send_head(id_, head, true);
}

void Exchange::send(Response response) {
  ResponseHead& head = response.head;
  // RFC 9110 8.6: no Content-Length where there can be no content.
  if (head.status >= 200 && head.status != 204 && !head.headers.contains("content-length")) {
    head.headers.add("content-length", std::to_string(response.body.size()));
  }
  if (response.body.empty()) return send_only_head(head);
  send_head(head);
  send_body(response.body);
  finish();
}

void Exchange::reset(ResetCode code) {
  is_finished_ = true;
  if (carrier_ != nullptr) carrier_->reset(id_, code);
}

bool Exchange::is_writable() const {
  const bool is_full = carrier_ != nullptr && carrier_->unsent(id_) >= output_high_water_;
  if (is_full) was_full_ = true;
  return !is_full;
}

void Exchange::deliver_body(ByteView bytes) {
  if (observer_ != nullptr) observer_->on_body(bytes);
}

void Exchange::deliver_end(const Headers& trailers) {
  if (observer_ != nullptr) observer_->on_body_end(trailers);
}

void Exchange::deliver_progress() {
  if (!was_full_ || !is_writable()) return;
  was_full_ = false;
  if (observer_ != nullptr) observer_->on_writable();
}

void Exchange::deliver_abort(const Error& why) {
  carrier_ = nullptr;
  if (observer_ != nullptr) observer_->on_abort(why);
}

}  // namespace ward::http
