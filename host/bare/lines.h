/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several speakers on one console, without mixing within a line. What the speaker in front says
 * passes at once; the lines of the others wait until a line of his is complete, or until their
 * buffer is full: then his begun line is written again below theirs. What a speaker who goes has
 * still to say waits like the others' lines. Pure: the caller locks.
 */
#ifndef BARE_LINES_H
#define BARE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LINES_BUFFER	1024
#define LINES_NAME_MAX	48
#define LINES_MAX_PORTS 65
#define LINES_BEGUN	256 /* a longer line of the front is not written again */

/* One speaker. */
struct lines_port {
	char name[LINES_NAME_MAX]; /* "" : its lines bear no "[name] " */
	size_t len;
	uint8_t buf[LINES_BUFFER]; /* what has not been written yet */
};

struct lines {
	void (*put)(uint8_t byte);
	struct lines_port *ports[LINES_MAX_PORTS];
	struct lines_port *front;   /* NULL: none */
	bool mid_line;		    /* the console is not at the start of a line */
	uint8_t begun[LINES_BEGUN]; /* the front's line up to here */
	size_t begun_len;
	size_t waiting;		/* complete lines in all buffers */
	struct lines_port gone; /* lines of speakers that are no more, with their names */
};

/* False: there are too many. */
bool lines_add(struct lines *lines, struct lines_port *port);
/* Keeps what it still holds, and forgets it. */
void lines_remove(struct lines *lines, struct lines_port *port);
/* Brings a speaker to the front, NULL for none; what it holds appears. */
void lines_set_front(struct lines *lines, struct lines_port *port);
void lines_write(struct lines *lines, struct lines_port *port, const uint8_t *bytes, size_t len);
/* Writes everything that waits. */
void lines_flush(struct lines *lines);

/* What a key at the console means; Ctrl-A is the escape. */
enum keys_action {
	KEYS_INPUT, /* *byte is for the guest */
	KEYS_NONE,
	KEYS_NEXT, /* Ctrl-A n: the next console */
};

struct keys {
	bool escaped;
};

enum keys_action keys_feed(struct keys *keys, const uint8_t *byte);

/* At most `burst` at once, and one more every `period` ns. */
struct bucket {
	uint64_t spent; /* the time up to which tokens are used */
	uint64_t dropped;
};

bool bucket_take(struct bucket *bucket, uint64_t now, uint64_t period, uint64_t burst);

#endif
