#pragma once

// What a reader of texts needs around it.

#include "model/standard_fields.h"
#include "sys/files.h"

struct ReaderWorld {
  cairn::FieldTable fields;
  cairn::StandardFields standard = cairn::StandardFields::intern_into(fields);
  cairn::FakeFiles files;
  ReaderWorld() { fields.freeze(); }
};
