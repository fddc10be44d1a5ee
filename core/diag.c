/* SPDX-License-Identifier: Apache-2.0 */
#include "diag.h"

#include <string.h>

/* Text that is cut where its room ends, but keeps counting. */
struct text {
	char *buf;
	size_t size;
	size_t len;
};

static void text_char(struct text *text, char c)
{
	if (text->len + 1 < text->size)
		text->buf[text->len] = c;
	text->len++;
}

static void text_string(struct text *text, const char *string)
{
	while (*string)
		text_char(text, *string++);
}

static void text_number(struct text *text, uint64_t value, unsigned base)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	while (n)
		text_char(text, digits[--n]);
}

static size_t text_end(struct text *text)
{
	if (text->size)
		text->buf[text->len < text->size ? text->len : text->size - 1] = '\0';
	return text->len;
}

static void text_entry(char *buf, const char *list, size_t index, const char *field)
{
	struct text text = { buf, AXVM_DIAG_TEXT, 0 };

	text_string(&text, list);
	text_char(&text, '[');
	text_number(&text, index, 10);
	text_char(&text, ']');
	if (field) {
		text_char(&text, '.');
		text_string(&text, field);
	}
	text_end(&text);
}

static void text_copy(char *buf, const char *string)
{
	struct text text = { buf, AXVM_DIAG_TEXT, 0 };

	text_string(&text, string);
	text_end(&text);
}

enum axvm_error diag_set(struct axvm_diag *diag, enum axvm_error error, const char *what)
{
	if (diag) {
		memset(diag, 0, sizeof(*diag));
		diag->error = error;
		diag->what = what;
	}
	return error;
}

void diag_where(struct axvm_diag *diag, const char *field)
{
	if (diag)
		text_copy(diag->where, field);
}

void diag_where_entry(struct axvm_diag *diag, const char *list, size_t index, const char *field)
{
	if (diag)
		text_entry(diag->where, list, index, field);
}

void diag_where_inner(struct axvm_diag *diag, const char *list, size_t index, const char *inner,
		      size_t inner_index, const char *field)
{
	char outer[AXVM_DIAG_TEXT];

	if (!diag)
		return;
	text_entry(outer, list, index, inner);
	text_entry(diag->where, outer, inner_index, field);
}

void diag_other(struct axvm_diag *diag, const char *name)
{
	if (diag)
		text_copy(diag->other, name);
}

void diag_other_entry(struct axvm_diag *diag, const char *list, size_t index)
{
	if (diag)
		text_entry(diag->other, list, index, NULL);
}

void diag_both(struct axvm_diag *diag, const char *one, const char *other)
{
	struct text text;

	if (!diag)
		return;
	text = (struct text){ diag->other, AXVM_DIAG_TEXT, 0 };
	text_string(&text, one);
	text_string(&text, " and ");
	text_string(&text, other);
	text_end(&text);
}

void diag_value(struct axvm_diag *diag, const char *name, uint64_t value)
{
	if (diag && diag->value_num < AXVM_DIAG_VALUES)
		diag->values[diag->value_num++] = (struct axvm_diag_value){ name, value };
}

const char *axvm_strerror(enum axvm_error error)
{
	static const char *const names[] = {
		"OK",	     "INVALID_INPUT",	  "BAD_STATE",	   "UNSUPPORTED", "NO_MEMORY",
		"NOT_FOUND", "ALREADY_EXISTS",	  "RESOURCE_BUSY", "BAD_ADDRESS", "INVALID_DATA",
		"IO",	     "PERMISSION_DENIED", "WOULD_BLOCK",
	};
	const int num = sizeof(names) / sizeof(names[0]);

	return error > 0 || error <= -num ? "UNKNOWN" : names[-error];
}

static void text_values(struct text *text, const struct axvm_diag *diag)
{
	unsigned num = diag->value_num < AXVM_DIAG_VALUES ? diag->value_num : AXVM_DIAG_VALUES;
	const char *separator = diag->other[0] ? "; " : "";

	for (unsigned i = 0; i < num; i++) {
		text_string(text, separator);
		text_string(text, diag->values[i].name);
		text_string(text, "=0x");
		text_number(text, diag->values[i].value, 16);
		separator = ", ";
	}
}

size_t axvm_diag_format(const struct axvm_diag *diag, char *buf, size_t size)
{
	struct text text = { buf, size, 0 };

	if (diag->where[0]) {
		text_string(&text, diag->where);
		text_string(&text, ": ");
	}
	text_string(&text, diag->what ? diag->what : axvm_strerror(diag->error));
	if (diag->other[0] || diag->value_num) {
		text_string(&text, " (");
		text_string(&text, diag->other);
		text_values(&text, diag);
		text_char(&text, ')');
	}
	return text_end(&text);
}
