/* SPDX-License-Identifier: Apache-2.0 */
/* Compressed kernels. What they unpack to is bounded, whatever they say. */
#include <stdlib.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>

#include "cli.h"

#define FIRST_ROOM ((size_t)8 << 20)

/* zlib: "a gzip header, and the largest window" (zlib.h, inflateInit2). */
#define GZIP_WINDOW (16 + MAX_WBITS)

static const char *const no_memory = "not enough memory";
static const char *const too_large = "unpacks to more than 1 GiB";
static const char *const damaged = "damaged or truncated compressed file: fetch or build it again";

/* Room for more output, doubled each time. NULL, or why there is none. */
static const char *grow(struct buffer *out, size_t *room)
{
	size_t wanted = *room ? *room * 2 : FIRST_ROOM;
	uint8_t *data;

	if (*room >= FILE_MAX)
		return too_large;
	data = realloc(out->data, wanted);
	if (!data)
		return no_memory;
	out->data = data;
	*room = wanted;
	return NULL;
}

static const char *gunzip_loop(z_stream *z, struct buffer *out)
{
	size_t room = 0;
	const char *why;
	int state = Z_OK;

	while (state != Z_STREAM_END) {
		if (out->size == room) {
			why = grow(out, &room);
			if (why)
				return why;
		}
		z->next_out = out->data + out->size;
		z->avail_out = (uInt)(room - out->size);
		state = inflate(z, Z_NO_FLUSH);
		if (state != Z_OK && state != Z_STREAM_END)
			return state == Z_MEM_ERROR ? no_memory : damaged;
		if (state == Z_OK && z->avail_in == 0 && z->avail_out != 0)
			return damaged;
		out->size = room - z->avail_out;
	}
	return NULL;
}

static const char *gunzip(const struct buffer *file, struct buffer *out)
{
	z_stream z = { .next_in = file->data, .avail_in = (uInt)file->size };
	const char *why;

	if (inflateInit2(&z, GZIP_WINDOW) != Z_OK)
		return no_memory;
	why = gunzip_loop(&z, out);
	inflateEnd(&z);
	return why;
}

static const char *unzstd_loop(ZSTD_DStream *stream, const struct buffer *file, struct buffer *out)
{
	ZSTD_inBuffer in = { file->data, file->size, 0 };
	size_t room = 0, left = 1;

	while (left) {
		const char *why = out->size == room ? grow(out, &room) : NULL;
		ZSTD_outBuffer to = { out->data, room, out->size };

		if (why)
			return why;
		left = ZSTD_decompressStream(stream, &to, &in);
		if (ZSTD_isError(left) || (left && in.pos == in.size && to.pos < to.size))
			return damaged;
		out->size = to.pos;
	}
	return NULL;
}

static const char *unzstd(const struct buffer *file, struct buffer *out)
{
	ZSTD_DStream *stream = ZSTD_createDStream();
	const char *why;

	if (!stream)
		return no_memory;
	why = unzstd_loop(stream, file, out);
	ZSTD_freeDStream(stream);
	return why;
}

static bool has_magic(const struct buffer *file, const char *magic, size_t len)
{
	return file->size >= len && memcmp(file->data, magic, len) == 0;
}

const char *unpack(struct buffer *file, const char *path)
{
	bool gzip = has_magic(file, "\x1f\x8b", 2);
	bool zstd = has_magic(file, "\x28\xb5\x2f\xfd", 4);
	struct buffer out = { 0 };
	const char *why;

	if (!gzip && !zstd)
		return NULL;
	say("unpacking %s", path);
	why = gzip ? gunzip(file, &out) : unzstd(file, &out);
	if (why) {
		buffer_free(&out);
		return why;
	}
	buffer_free(file);
	*file = out;
	return NULL;
}
