// HdrHistogram V2 encoding: header, ZigZag LEB128 counts with runs of zeros as negative numbers,
// deflated, base64. Source: the format that all HdrHistogram ports share.

#include "chorus/metrics/histogram.hpp"

#include <zlib.h>

#include <cstring>

namespace chorus::metrics {

namespace {

constexpr std::uint32_t kCookie = 0x1c849303 | 0x10;
constexpr std::uint32_t kCompressedCookie = 0x1c849304 | 0x10;
constexpr std::size_t kHeader = 40;
constexpr std::size_t kMaxInflated = 64 * 1024 * 1024;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

template <class T>
void put_big_endian(std::string& out, T value) {
  for (int shift = int(sizeof(T)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>((static_cast<std::uint64_t>(value) >> shift) & 0xff);
  }
}

template <class T>
T get_big_endian(std::string_view bytes, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
  }
  return static_cast<T>(value);
}

void put_zigzag(std::string& out, std::int64_t number) {
  auto value = (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
  // LEB128 of at most nine bytes; the ninth carries eight bits.
  for (int i = 0; i < 8; ++i) {
    if (value < 0x80) {
      out += static_cast<char>(value);
      return;
    }
    out += static_cast<char>((value & 0x7f) | 0x80);
    value >>= 7;
  }
  out += static_cast<char>(value);
}

bool get_zigzag(std::string_view& bytes, std::int64_t& number) {
  std::uint64_t value = 0;
  for (int i = 0; i < 9; ++i) {
    if (bytes.empty()) return false;
    const auto byte = static_cast<unsigned char>(bytes.front());
    bytes.remove_prefix(1);
    if (i == 8) {
      value |= std::uint64_t{byte} << 56;
      break;
    }
    value |= std::uint64_t(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) == 0) break;
  }
  number = static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
  return true;
}

std::string to_base64(std::string_view bytes) {
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t triple = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      triple = triple << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kAlphabet[(triple >> (18 - 6 * k)) & 63];
    }
  }
  return out;
}

Result<std::string> from_base64(std::string_view text) {
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    if (c == '=') break;
    const auto digit = kAlphabet.find(c);
    if (digit == std::string_view::npos) return fail(ErrorCode::ParseError, "not base64");
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>((bits >> count) & 0xff);
    }
  }
  return out;
}

Result<std::string> inflate_bytes(std::string_view bytes) {
  std::string out(64 * 1024, '\0');
  while (true) {
    uLongf size = out.size();
    const int status = uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                                  reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
    if (status == Z_OK) {
      out.resize(size);
      return out;
    }
    if (status != Z_BUF_ERROR || out.size() >= kMaxInflated) {
      return fail(ErrorCode::ParseError, "the histogram's compressed part is damaged");
    }
    out.resize(out.size() * 4);
  }
}

}  // namespace

std::string Histogram::encode_base64() const {
  std::string counts;
  const std::size_t used = total_ == 0 ? 0 : index_of(max_) + 1;
  for (std::size_t i = 0; i < used;) {
    if (counts_[i] != 0) {
      put_zigzag(counts, static_cast<std::int64_t>(counts_[i++]));
      continue;
    }
    std::int64_t zeros = 0;
    while (i < used && counts_[i] == 0) {
      ++zeros;
      ++i;
    }
    put_zigzag(counts, -zeros);
  }
  std::string payload;
  put_big_endian(payload, kCookie);
  put_big_endian(payload, static_cast<std::uint32_t>(counts.size()));
  put_big_endian(payload, std::uint32_t{0});  // normalizing index offset
  put_big_endian(payload, static_cast<std::uint32_t>(digits_));
  put_big_endian(payload, unit_);
  put_big_endian(payload, highest_);
  const double ratio = 1.0;
  std::uint64_t ratio_bits = 0;
  std::memcpy(&ratio_bits, &ratio, sizeof ratio);
  put_big_endian(payload, ratio_bits);
  payload += counts;

  std::string packed(compressBound(payload.size()), '\0');
  uLongf size = packed.size();
  // Cannot fail: the buffer has compressBound bytes.
  (void)compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                  reinterpret_cast<const Bytef*>(payload.data()), payload.size(),
                  Z_DEFAULT_COMPRESSION);
  std::string out;
  put_big_endian(out, kCompressedCookie);
  put_big_endian(out, static_cast<std::uint32_t>(size));
  out.append(packed, 0, size);
  return to_base64(out);
}

Result<Histogram> Histogram::decode_base64(std::string_view text) {
  CH_TRY(const std::string outer, from_base64(text));
  if (outer.size() < 8 || get_big_endian<std::uint32_t>(outer, 0) != kCompressedCookie ||
      get_big_endian<std::uint32_t>(outer, 4) > outer.size() - 8) {
    return fail(ErrorCode::ParseError, "not a compressed HdrHistogram of version 2");
  }
  CH_TRY(const std::string payload,
         inflate_bytes(std::string_view(outer).substr(8, get_big_endian<std::uint32_t>(outer, 4))));
  if (payload.size() < kHeader || get_big_endian<std::uint32_t>(payload, 0) != kCookie) {
    return fail(ErrorCode::ParseError, "not an HdrHistogram of version 2");
  }
  const auto digits = get_big_endian<std::uint32_t>(payload, 12);
  const auto unit = get_big_endian<std::uint64_t>(payload, 16);
  const auto highest = get_big_endian<std::uint64_t>(payload, 24);
  if (digits < 1 || digits > 5 || unit < 1 || unit > (std::uint64_t{1} << 40) ||
      highest < 2 * unit || highest > (std::uint64_t{1} << 60)) {
    return fail(ErrorCode::ParseError, "the histogram's range makes no sense");
  }
  Histogram out(static_cast<int>(digits), unit, highest);
  std::string_view counts = std::string_view(payload).substr(kHeader);
  std::size_t index = 0;
  while (!counts.empty()) {
    std::int64_t number = 0;
    if (!get_zigzag(counts, number)) return fail(ErrorCode::ParseError, "counts end too early");
    if (number < 0) {
      if (std::uint64_t(-(number + 1)) >= out.counts_.size()) {
        return fail(ErrorCode::ParseError, "too many counts");
      }
      index += static_cast<std::size_t>(-number);
      continue;
    }
    if (index >= out.counts_.size()) return fail(ErrorCode::ParseError, "too many counts");
    if (number > 0) {
      const std::uint64_t value = out.highest_equivalent(out.value_at(index));
      out.record(std::min(value, highest), static_cast<std::uint64_t>(number));
    }
    ++index;
  }
  return out;
}

}  // namespace chorus::metrics
