#include "support/sqlite_under_test.hpp"
#include "support/store_conformance.hpp"
#include <gtest/gtest.h>

namespace chorus::test {

INSTANTIATE_TEST_SUITE_P(Sqlite, StoreConformance,
                         testing::Values(sqlite_file_engine(), sqlite_memory_engine(),
                                         sqlite_virtual_memory_engine()),
                         engine_name);

}  // namespace chorus::test
