/* SPDX-License-Identifier: Apache-2.0 */
/* toml++ itself, compiled once. */
#define TOML_IMPLEMENTATION
#include "toml.hpp"
