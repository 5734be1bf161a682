#pragma once

#include "duck/mounted_files.h"

#include <duckdb.hpp>

#include <memory>
#include <string>

namespace cairn::duck {

/// Makes names that begin with the prefix those of `files`. Throws.
void mount_files(duckdb::DuckDB& database, std::string prefix, std::shared_ptr<MountedFiles> files);

}  // namespace cairn::duck
