/* SPDX-License-Identifier: Apache-2.0 */
/* Error codes and diagnostics. Every call that can fail returns an enum axvm_error. */
#ifndef AXVM_ERROR_H
#define AXVM_ERROR_H

#include <axvm/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* 0 is success; the negative values are also what a guest's hypercall returns. */
enum axvm_error {
	AXVM_OK = 0,			  /* done */
	AXVM_ERR_INVALID_INPUT = -1,	  /* an argument that can never be right, or NULL */
	AXVM_ERR_BAD_STATE = -2,	  /* not in the state that the object is in */
	AXVM_ERR_UNSUPPORTED = -3,	  /* not by this hardware, backend or version */
	AXVM_ERR_NO_MEMORY = -4,	  /* the host has none, or a fixed table is full */
	AXVM_ERR_NOT_FOUND = -5,	  /* no such object, mapping or entry */
	AXVM_ERR_ALREADY_EXISTS = -6,	  /* it is there, or something else is in its place */
	AXVM_ERR_RESOURCE_BUSY = -7,	  /* somebody else uses it */
	AXVM_ERR_BAD_ADDRESS = -8,	  /* an address that nothing answers */
	AXVM_ERR_INVALID_DATA = -9,	  /* a file or image that is damaged, or of another kind */
	AXVM_ERR_IO = -10,		  /* a file or a device of the host failed */
	AXVM_ERR_PERMISSION_DENIED = -11, /* it is there, but not for this caller */
	AXVM_ERR_WOULD_BLOCK = -12,	  /* not finished: call again */
};

/* The name of an error, for instance "INVALID_INPUT"; "UNKNOWN" for any other value. Never NULL. */
const char *axvm_strerror(enum axvm_error error);

/* Bytes of each text of a diagnostic, its 0 included, and its numbers, at most. */
#define AXVM_DIAG_TEXT	 96
#define AXVM_DIAG_VALUES 4

/* One number that explains an error, for instance { "size", 0x1234 }. */
struct axvm_diag_value {
	const char *name; /* a constant */
	uint64_t value;	  /* in the unit of what it is named for */
};

/*
 * Why a call failed, for a person. A call that takes one fills it only when it fails; NULL is
 * always allowed. Strings behind pointers are constants.
 */
struct axvm_diag {
	enum axvm_error error;	    /* what the call returned */
	const char *what;	    /* what is wrong, and what would be right */
	char where[AXVM_DIAG_TEXT]; /* the field, as a path: "kernel.memory_regions[1]"; or "" */
	char other[AXVM_DIAG_TEXT]; /* the second party of a conflict, or a name; "" if none */
	struct axvm_diag_value values[AXVM_DIAG_VALUES]; /* the numbers involved */
	unsigned value_num;				 /* how many of them are filled */
};

/*
 * Writes a diagnostic as one line of text without a newline, "WHERE: WHAT (OTHER; name=0x12, ...)".
 *
 * buf, size  destination; always terminated when size is not 0
 * Result     the length of the whole text in bytes, also when it did not fit
 * Context    any
 */
size_t axvm_diag_format(const struct axvm_diag *diag, char *buf, size_t size);

#ifdef __cplusplus
}
#endif

#endif
