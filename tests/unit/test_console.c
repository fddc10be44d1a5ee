/* SPDX-License-Identifier: Apache-2.0 */
/* Who may write on the bare-metal host's console, and when. */
#include "lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static char out[16384];
static size_t out_len;
static struct lines lines;
static struct lines_port host, a, b;

static void put(uint8_t byte)
{
	assert_true(out_len < sizeof(out) - 1);
	out[out_len++] = (char)byte;
	out[out_len] = '\0';
}

static int setup(void **state)
{
	memset(&host, 0, sizeof(host));
	a = (struct lines_port){ .name = "a" };
	b = (struct lines_port){ .name = "b" };
	lines = (struct lines){ .put = put };
	out_len = 0;
	out[0] = '\0';
	lines_add(&lines, &host);
	lines_add(&lines, &a);
	lines_add(&lines, &b);
	lines_set_front(&lines, &a);
	return 0;
}

static void say(struct lines_port *port, const char *text)
{
	lines_write(&lines, port, (const uint8_t *)text, strlen(text));
}

static void front_passes_raw_and_at_once(void **state)
{
	say(&a, "\x1b[1mpart");
	assert_string_equal(out, "\x1b[1mpart");
	say(&a, "ly\r\n");
	assert_string_equal(out, "\x1b[1mpartly\r\n");
}

static void background_lines_are_whole_and_named(void **state)
{
	say(&b, "he");
	assert_string_equal(out, "");
	say(&b, "llo\r\nsecond\nrest");
	assert_string_equal(out, "[b] hello\r\n[b] second\r\n");
}

static void nobody_writes_into_the_line_of_the_front(void **state)
{
	say(&a, "prompt$ ");
	say(&b, "noise\n");
	say(&host, "axvm: news\n");
	assert_string_equal(out, "prompt$ ");
	say(&a, "ls\r\nfile");
	assert_string_equal(out, "prompt$ ls\r\naxvm: news\r\n[b] noise\r\nfile");
}

/* A full buffer cannot wait; the line that it interrupts is written again below, and so is whole.
 */
static void a_full_buffer_comes_between(void **state)
{
	static char expected[3 * LINES_BUFFER];

	say(&a, "old\r\nprompt$ ");
	for (unsigned i = 0; i < LINES_BUFFER + 1; i++)
		say(&b, "x");
	say(&a, "ls\r\n");
	strcpy(expected, "old\r\nprompt$ \r\n[b] ");
	memset(expected + strlen(expected), 'x', LINES_BUFFER);
	strcat(expected, "\r\nprompt$ ls\r\n");
	assert_string_equal(out, expected);
	assert_int_equal(b.len, 1);
	lines_remove(&lines, &b);
	strcat(expected, "[b] x\r\n");
	assert_string_equal(out, expected);
}

static void a_very_long_line_is_not_repeated(void **state)
{
	for (unsigned i = 0; i < LINES_BEGUN + 1; i++)
		say(&a, "a");
	say(&b, "b\n");
	lines_flush(&lines);
	assert_string_equal(out + LINES_BEGUN + 1, "\r\n[b] b\r\n");
}

static void control_characters_stay_in_the_background(void **state)
{
	say(&b, "\x1b[2Jx\ty\x07\n");
	assert_string_equal(out, "[b] [2Jx\ty\r\n");
}

static void switching_shows_what_was_held(void **state)
{
	say(&a, "prompt$ ");
	say(&b, "line\nlogin: ");
	lines_set_front(&lines, &b);
	assert_string_equal(out, "prompt$ \r\n[b] line\r\nlogin: ");
	say(&a, "more\n");
	say(&b, "root\n");
	assert_string_equal(out, "prompt$ \r\n[b] line\r\nlogin: root\n[a] more\r\n");
}

static void without_a_front_lines_appear(void **state)
{
	say(&a, "half");
	lines_remove(&lines, &a);
	say(&host, "axvm: a: powered off\n");
	assert_string_equal(out, "half\r\naxvm: a: powered off\r\n");
}

static void removing_writes_the_rest(void **state)
{
	say(&b, "last words");
	lines_remove(&lines, &b);
	assert_string_equal(out, "[b] last words\r\n");
	assert_int_equal(lines.waiting, 0);
}

/* Nobody needs that line to be written twice, which is complete but for its end. */
static void who_goes_waits_for_the_line_of_the_front(void **state)
{
	say(&a, "a: 23 ok, 0 failed");
	say(&b, "b: 9 ok\nlast words");
	lines_remove(&lines, &b);
	assert_string_equal(out, "a: 23 ok, 0 failed");
	say(&host, "axvm: b: powered off\n");
	say(&a, "\n");
	assert_string_equal(out, "a: 23 ok, 0 failed\n[b] b: 9 ok\r\n[b] last words\r\n"
				 "axvm: b: powered off\r\n");
	assert_int_equal(lines.waiting, 0);
}

static void the_lines_of_others_appear_as_the_front_goes(void **state)
{
	say(&a, "half");
	say(&b, "whole\nhalf");
	lines_remove(&lines, &a);
	assert_string_equal(out, "half\r\n[b] whole\r\n");
}

/* More of them than fits comes between, in order, and nothing of it is lost. */
static void many_who_go(void **state)
{
	static char expected[8 * LINES_BUFFER];
	const char *const begin = "prompt$ \r\n[b] 0\r\n[b] ";

	say(&a, "prompt$ ");
	say(&b, "0\n");
	lines_remove(&lines, &b);
	lines_add(&lines, &b);
	for (unsigned i = 0; i < LINES_BUFFER - 1; i++)
		say(&b, "x");
	say(&b, "\n");
	assert_string_equal(out, "prompt$ ");
	lines_remove(&lines, &b);
	strcpy(expected, begin);
	memset(expected + strlen(begin), 'x', LINES_BUFFER - 1);
	strcat(expected, "\r\nprompt$ ");
	assert_string_equal(out, expected);
	assert_int_equal(lines.waiting + lines.gone.len, 0);
}

static void ports_are_bounded(void **state)
{
	static struct lines_port more[LINES_MAX_PORTS];
	size_t added = 0;

	while (added < LINES_MAX_PORTS && lines_add(&lines, &more[added]))
		added++;
	assert_int_equal(added, LINES_MAX_PORTS - 3);
}

static enum keys_action feed(struct keys *keys, char c)
{
	uint8_t byte = (uint8_t)c;
	enum keys_action action = keys_feed(keys, &byte);

	assert_int_equal(byte, (uint8_t)c);
	return action;
}

static void ctrl_a_is_the_escape(void **state)
{
	struct keys keys = { 0 };

	assert_int_equal(feed(&keys, 'n'), KEYS_INPUT);
	assert_int_equal(feed(&keys, 1), KEYS_NONE);
	assert_int_equal(feed(&keys, 'n'), KEYS_NEXT);
	assert_int_equal(feed(&keys, 1), KEYS_NONE);
	assert_int_equal(feed(&keys, 1), KEYS_INPUT);
	assert_int_equal(feed(&keys, 1), KEYS_NONE);
	assert_int_equal(feed(&keys, 'q'), KEYS_NONE);
	assert_int_equal(feed(&keys, 'q'), KEYS_INPUT);
}

static void a_flood_is_limited(void **state)
{
	struct bucket bucket = { 0 };
	unsigned passed = 0;

	for (unsigned i = 0; i < 1000; i++)
		passed += bucket_take(&bucket, 5, 100, 10);
	assert_int_equal(passed, 10);
	assert_int_equal(bucket.dropped, 990);
	assert_true(bucket_take(&bucket, 105, 100, 10));
	assert_false(bucket_take(&bucket, 105, 100, 10));
	for (passed = 0; bucket_take(&bucket, 1000000, 100, 10);)
		passed++;
	assert_int_equal(passed, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(front_passes_raw_and_at_once, setup),
		cmocka_unit_test_setup(background_lines_are_whole_and_named, setup),
		cmocka_unit_test_setup(nobody_writes_into_the_line_of_the_front, setup),
		cmocka_unit_test_setup(a_full_buffer_comes_between, setup),
		cmocka_unit_test_setup(a_very_long_line_is_not_repeated, setup),
		cmocka_unit_test_setup(control_characters_stay_in_the_background, setup),
		cmocka_unit_test_setup(switching_shows_what_was_held, setup),
		cmocka_unit_test_setup(without_a_front_lines_appear, setup),
		cmocka_unit_test_setup(removing_writes_the_rest, setup),
		cmocka_unit_test_setup(who_goes_waits_for_the_line_of_the_front, setup),
		cmocka_unit_test_setup(the_lines_of_others_appear_as_the_front_goes, setup),
		cmocka_unit_test_setup(many_who_go, setup),
		cmocka_unit_test_setup(ports_are_bounded, setup),
		cmocka_unit_test_setup(ctrl_a_is_the_escape, setup),
		cmocka_unit_test_setup(a_flood_is_limited, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
