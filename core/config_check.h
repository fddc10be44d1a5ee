/* SPDX-License-Identifier: Apache-2.0 */
/* What the checks of a configuration share. */
#ifndef CORE_CONFIG_CHECK_H
#define CORE_CONFIG_CHECK_H

#include <axvm/config.h>

#include "diag.h"

#define PAGE_MASK ((uint64_t)AXVM_PAGE_SIZE - 1)

#define EMU_DEVICES  "devices.emu_devices"
#define IVC_CHANNELS "devices.ivc"

struct checker {
	const struct axvm_config *config;
	const struct axvm_machine *machine;
	struct axvm_diag *diag;	    /* of the finding at hand; may be NULL */
	axvm_config_report *report; /* gets every finding; NULL: the first one ends the check */
	void *ctx;
	enum axvm_error first;
};

/* Passes on what a check returned. Whether to go on with the next one. */
static inline bool checker_go_on(struct checker *c, enum axvm_error error)
{
	if (error && !c->first)
		c->first = error;
	if (error && c->report)
		c->report(c->ctx, c->diag);
	return !error || c->report;
}

/* Each fills the diagnostic and returns INVALID_INPUT. */
enum axvm_error bad_field(const struct checker *c, const char *field, const char *what);
enum axvm_error bad_number(const struct checker *c, const char *field, const char *what,
			   uint64_t value);
enum axvm_error bad_entry(const struct checker *c, const char *list, size_t index,
			  const char *field, const char *what, uint64_t value);

/* Terminated, not empty, and without characters that would upset a terminal. */
bool name_valid(const char *name);

/* Channel i, whose interrupt is checked with those of the devices. */
enum axvm_error check_channel(const struct checker *c, size_t i);
/* The window in which all of them appear. */
enum axvm_error check_ivc_window(const struct checker *c);

#endif
