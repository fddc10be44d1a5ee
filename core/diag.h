/* SPDX-License-Identifier: Apache-2.0 */
/* Filling a struct axvm_diag. Every function takes NULL; strings are cut to the room there is. */
#ifndef CORE_DIAG_H
#define CORE_DIAG_H

#include <axvm/error.h>

/* Starts anew: what is wrong (a constant string). Returns `error`, to be passed on. */
enum axvm_error diag_set(struct axvm_diag *diag, enum axvm_error error, const char *what);

/* The field: "memory", or "kernel.memory_regions" with an index and the entry's own field. */
void diag_where(struct axvm_diag *diag, const char *field);
void diag_where_entry(struct axvm_diag *diag, const char *list, size_t index, const char *field);
/* An entry of a list inside an entry: "devices.ivc[1].subscribers[0].rights". */
void diag_where_inner(struct axvm_diag *diag, const char *list, size_t index, const char *inner,
		      size_t inner_index, const char *field);

/* The second party of a conflict. */
void diag_other(struct axvm_diag *diag, const char *name);
void diag_other_entry(struct axvm_diag *diag, const char *list, size_t index);

/* The two parties of a conflict, by name. */
void diag_both(struct axvm_diag *diag, const char *one, const char *other);

/* A number that explains it; name is a constant string. The first AXVM_DIAG_VALUES are kept. */
void diag_value(struct axvm_diag *diag, const char *name, uint64_t value);

#endif
