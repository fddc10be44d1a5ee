/* SPDX-License-Identifier: Apache-2.0 */
/* A VM file of any bytes. Seeds: configs/. */
#include <stdlib.h>
#include <string.h>

#include "config_toml.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

static void count(void *ctx, unsigned line, unsigned column, const char *text)
{
	if (!line || !column || !text[0])
		abort();
	(*(unsigned *)ctx)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
	unsigned findings = 0, line, column;
	struct axvm_toml *toml = axvm_toml_parse((const char *)input, size, count, &findings);
	struct axvm_crate_config crate;
	struct axvm_config config;
	struct axvm_diag diag;

	if (!toml != (findings > 0))
		abort();
	if (!toml)
		return 0;
	crate = *axvm_toml_crate(toml);
	crate.arch = AXVM_ARCH_AARCH64;
	if (axvm_config_from_crate_config(&crate, &config, &diag) ||
	    axvm_config_check(&config, &diag))
		axvm_toml_place(toml, diag.where, &line, &column);
	axvm_toml_free(toml);
	return 0;
}
