#include "chorus/net/detail/gzip.hpp"

#include <algorithm>
#include <array>

namespace chorus::net::detail {

namespace {

constexpr int kGzipOnly = 15 + 16;  // largest window, gzip wrapper required
constexpr std::size_t kPiece = 16 * 1024;

}  // namespace

Gunzip::Gunzip(std::size_t max_output) : left_(max_output) {
  ready_ = inflateInit2(&stream_, kGzipOnly) == Z_OK;
}

Gunzip::~Gunzip() {
  if (ready_) inflateEnd(&stream_);
}

Result<void> Gunzip::put(std::string_view in, std::string& out) {
  if (!ready_) return fail(ErrorCode::Internal, "zlib could not be started");
  std::array<char, kPiece> piece;
  while (!in.empty()) {
    // zlib counts in 32 bits.
    const std::size_t offered = std::min<std::size_t>(in.size(), 1U << 30U);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in.data()));
    stream_.avail_in = static_cast<uInt>(offered);
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(piece.data());
      stream_.avail_out = static_cast<uInt>(piece.size());
      if (complete_) {
        inflateReset(&stream_);  // another member follows
        complete_ = false;
      }
      const int code = inflate(&stream_, Z_NO_FLUSH);
      if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
        return fail(ErrorCode::ParseError, "the body is not valid gzip");
      }
      const std::size_t got = piece.size() - stream_.avail_out;
      if (got > left_) return fail(ErrorCode::PayloadTooLarge, "the decoded body is too large");
      left_ -= got;
      out.append(piece.data(), got);
      complete_ = code == Z_STREAM_END;
    } while (stream_.avail_in > 0 || (!complete_ && stream_.avail_out == 0));
    in.remove_prefix(offered);
  }
  return {};
}

}  // namespace chorus::net::detail
