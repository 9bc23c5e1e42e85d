// SPDX-License-Identifier: BSD-2-Clause
/*
 * State files of manual keys: what is on disk after every kind of end, and what
 * is not believed. An end without order is a process that just ends.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "ctrl/base/clock.h"
#include "ctrl/base/log.h"
#include "ctrl/dp/durable.h"
#include "ctrl/sadb/quiescent.h"

#define PATH_BYTES 512
#define BLOCK	   DURABLE_BLOCK_MIN

struct fixture {
	char folder[64];
	struct durable *d;
	uint64_t now_ns;
	bool esn; /* of what is opened */
};

static struct secret key_of(uint8_t first, size_t len)
{
	struct secret s = { .len = len };

	memset(s.octets, first, len);
	return s;
}

struct keys {
	struct secret encr, integ;
	struct addr peer;
	struct durable_keys k;
};

/* An AEAD's, outbound. */
static void keys_init(struct keys *k)
{
	*k = (struct keys){ .encr = key_of(1, 20) };
	assert_int_equal(addr_parse("192.0.2.2", &k->peer), 0);
	k->k = (struct durable_keys){ .dir = SADB_OUT,
				      .counter_mode = true,
				      .encr_key = &k->encr,
				      .integ_key = &k->integ,
				      .spi = 0x1000,
				      .peer = &k->peer };
}

static struct durable_spec spec_of(enum sadb_dir dir, bool strict, uint8_t id)
{
	struct durable_spec spec = { .name = "manual.x",
				     .dir = dir,
				     .strict = strict };

	memset(spec.id, id, sizeof(spec.id));
	return spec;
}

static struct durable_sa *open_sa(struct fixture *f, enum sadb_dir dir,
				  bool strict)
{
	struct durable_spec spec = spec_of(dir, strict, 7);
	struct durable_sa *sa = NULL;
	struct error e;

	spec.esn = f->esn;
	assert_int_equal(durable_open(f->d, &spec, f->now_ns, &sa, &e), 0);
	return sa;
}

static int try_open_dir(struct fixture *f, enum sadb_dir dir, struct error *e)
{
	struct durable_spec spec = spec_of(dir, true, 7);
	struct durable_sa *sa = NULL;

	spec.esn = f->esn;
	return durable_open(f->d, &spec, f->now_ns, &sa, e);
}

static int try_open(struct fixture *f, struct error *e)
{
	return try_open_dir(f, SADB_OUT, e);
}

static void use(struct durable_sa *sa, uint64_t number)
{
	atomic_store(durable_kept(sa)->used, number);
}

static uint64_t limit_of(struct durable_sa *sa)
{
	return atomic_load(&durable_kept(sa)->limit);
}

static void round_after(struct fixture *f, uint64_t ms)
{
	f->now_ns += ms * NS_PER_MS;
	durable_round(f->d, f->now_ns);
}

/* As a daemon that ends in order, and the next one. */
static void restart(struct fixture *f)
{
	durable_free(f->d);
	assert_int_equal(durable_new(f->folder, &f->d), 0);
}

/* The only file in the folder. */
static void path_of(const struct fixture *f, char path[PATH_BYTES])
{
	DIR *dir = opendir(f->folder);
	struct dirent *found;

	assert_non_null(dir);
	while ((found = readdir(dir)) && found->d_name[0] == '.')
		;
	assert_non_null(found);
	snprintf(path, PATH_BYTES, "%s/%s", f->folder, found->d_name);
	closedir(dir);
}

static void damage(const struct fixture *f, off_t at)
{
	char path[PATH_BYTES];
	uint8_t octet;
	int fd;

	path_of(f, path);
	fd = open(path, O_RDWR);
	assert_int_equal(pread(fd, &octet, 1, at), 1);
	octet ^= 1;
	assert_int_equal(pwrite(fd, &octet, 1, at), 1);
	close(fd);
}

/* Runs a piece of a daemon's life that ends without order. */
static void die_after(struct fixture *f, void (*life)(struct fixture *f))
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		life(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* --- outbound */

static void new_key_begins_at_zero_with_a_block_on_disk(void **state)
{
	struct fixture *f = *state;
	struct durable_sa *sa = open_sa(f, SADB_OUT, true);
	char path[PATH_BYTES];
	struct stat st;

	assert_int_equal(durable_number(sa), 0);
	assert_int_equal(limit_of(sa), BLOCK);
	path_of(f, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(stat(f->folder, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void end_in_order_loses_no_number(void **state)
{
	struct fixture *f = *state;

	use(open_sa(f, SADB_OUT, true), 1234);
	restart(f);
	assert_int_equal(durable_number(open_sa(f, SADB_OUT, true)), 1234);
}

static void use_some_and_die(struct fixture *f)
{
	use(open_sa(f, SADB_OUT, true), 1234);
}

static void end_without_order_skips_the_rest_of_the_block(void **state)
{
	struct fixture *f = *state;
	struct durable_sa *sa;

	die_after(f, use_some_and_die);
	sa = open_sa(f, SADB_OUT, true);
	assert_int_equal(durable_number(sa), BLOCK);
	assert_int_equal(limit_of(sa), 2 * BLOCK);
}

static void use_half_and_die(struct fixture *f)
{
	struct durable_sa *sa = open_sa(f, SADB_OUT, true);

	use(sa, BLOCK / 2 + 1);
	round_after(f, 1);
	if (limit_of(sa) != BLOCK / 2 + 1 + BLOCK)
		_exit(1);
}

static void limit_moves_on_when_half_of_a_block_is_used(void **state)
{
	struct fixture *f = *state;
	struct durable_sa *sa;

	die_after(f, use_half_and_die);
	sa = open_sa(f, SADB_OUT, true);
	assert_int_equal(durable_number(sa), BLOCK / 2 + 1 + BLOCK);
}

static void block_is_of_seconds_at_the_rate_of_late(void **state)
{
	struct fixture *f = *state;
	struct durable_sa *sa = open_sa(f, SADB_OUT, true);

	use(sa, BLOCK - 1);
	round_after(f, 100); /* 655 350 a second, for 4 s */
	assert_int_equal(limit_of(sa), BLOCK - 1 + (BLOCK - 1) * 40);
	assert_true(atomic_load(&durable_kept(sa)->low) ==
		    limit_of(sa) - (BLOCK - 1) * 20);
}

/* After a lull a block is small, and its half is not yet reached. */
static void worker_wakes_again_where_it_woke_too_early(void **state)
{
	struct fixture *f = *state;
	struct durable_sa *sa = open_sa(f, SADB_OUT, true);
	_Atomic uint64_t *low = &durable_kept(sa)->low;
	uint64_t limit, used;

	use(sa, BLOCK - 1);
	round_after(f, 100);
	for (int i = 0; i < 10; i++)
		round_after(f, 1000);
	limit = limit_of(sa);
	used = limit - (BLOCK - 1) * 20 + 1;
	use(sa, used);
	atomic_store(low, UINT64_MAX); /* as it does */
	round_after(f, 1);
	assert_int_equal(limit_of(sa), limit);
	assert_int_equal(atomic_load(low), limit - BLOCK / 2);
}

static void limit_stays_while_the_file_cannot_be_written(void **state)
{
	const struct rlimit none = { 0, RLIM_INFINITY };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct fixture *f = *state;
	struct durable_sa *sa = open_sa(f, SADB_OUT, true);

	signal(SIGXFSZ, SIG_IGN);
	use(sa, BLOCK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	round_after(f, 1000);
	assert_int_equal(limit_of(sa), BLOCK);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &all), 0);
	round_after(f, 1000);
	assert_true(limit_of(sa) > BLOCK);
}

static void other_ciphers_do_not_wait_for_the_disk(void **state)
{
	struct fixture *f = *state;
	struct durable_sa *sa = open_sa(f, SADB_OUT, false);

	assert_true(limit_of(sa) == UINT64_MAX);
	use(sa, 5);
	restart(f);
	assert_int_equal(durable_number(open_sa(f, SADB_OUT, false)), 5);
}

static void use_beyond_the_block_and_die(struct fixture *f)
{
	use(open_sa(f, SADB_OUT, false), 3 * BLOCK);
}

static void other_ciphers_go_on_from_what_a_killed_process_used(void **state)
{
	struct fixture *f = *state;

	die_after(f, use_beyond_the_block_and_die);
	assert_int_equal(durable_number(open_sa(f, SADB_OUT, false)), 3 * BLOCK);
}

static void key_whose_numbers_are_used_up_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	use(open_sa(f, SADB_OUT, true), UINT32_MAX);
	restart(f);
	assert_int_equal(try_open(f, &e), -EKEYEXPIRED);
	assert_non_null(strstr(e.text, "all sequence numbers of 32 bits; "));
	assert_non_null(strstr(e.text, "new key on both sides"));
}

/* --- numbers of 64 bits */

#define BEYOND ((5ULL << 32) + 7)

static void extended_numbers_go_on_beyond_32_bits(void **state)
{
	struct fixture *f = *state;
	struct durable_sa *sa;

	f->esn = true;
	sa = open_sa(f, SADB_OUT, true);
	use(sa, UINT32_MAX);
	round_after(f, 1);
	assert_true(limit_of(sa) == UINT32_MAX + (uint64_t)BLOCK);
	use(sa, BEYOND);
	restart(f);
	sa = open_sa(f, SADB_OUT, true);
	assert_true(durable_number(sa) == BEYOND);
	assert_true(limit_of(sa) == BEYOND + BLOCK);
}

static void use_extended_and_die(struct fixture *f)
{
	struct durable_sa *sa = open_sa(f, SADB_OUT, true);

	use(sa, BEYOND);
	round_after(f, 1);
}

static void extended_numbers_outlive_an_end_without_order(void **state)
{
	struct fixture *f = *state;

	f->esn = true;
	die_after(f, use_extended_and_die);
	assert_true(durable_number(open_sa(f, SADB_OUT, true)) == BEYOND + BLOCK);
}

/* Behind the last one nothing wraps, of either length. */
static void last_block_ends_with_the_last_number(void **state)
{
	static const uint64_t last[] = { UINT32_MAX, UINT64_MAX };
	struct fixture *f = *state;
	struct durable_sa *sa;
	struct error e;

	for (int i = 0; i < 2; i++) {
		f->esn = i;
		use(open_sa(f, SADB_OUT, true), last[i] - 5);
		restart(f);
		sa = open_sa(f, SADB_OUT, true);
		assert_true(durable_number(sa) == last[i] - 5);
		assert_true(limit_of(sa) == last[i]);
		assert_true(atomic_load(&durable_kept(sa)->low) == UINT64_MAX);
		restart(f);
	}
	use(open_sa(f, SADB_OUT, true), UINT64_MAX);
	restart(f);
	assert_int_equal(try_open(f, &e), -EKEYEXPIRED);
	assert_null(strstr(e.text, "32 bits"));
}

/* What comes would be left of the window for ever. */
static void numbers_beyond_32_bits_need_extended_ones(void **state)
{
	static const enum sadb_dir dirs[] = { SADB_OUT, SADB_IN };
	struct fixture *f = *state;
	struct error e;

	for (size_t i = 0; i < 2; i++) {
		f->esn = true;
		use(open_sa(f, dirs[i], true), BEYOND);
		restart(f);
		f->esn = false;
		assert_int_equal(try_open_dir(f, dirs[i], &e), -EKEYEXPIRED);
		assert_non_null(strstr(e.text, "of 32 bits"));
	}
}

/* --- inbound */

static void edge_is_where_an_end_in_order_left_it(void **state)
{
	struct fixture *f = *state;

	use(open_sa(f, SADB_IN, true), 1000);
	restart(f);
	assert_int_equal(durable_number(open_sa(f, SADB_IN, true)), 1000);
}

static void accept_some_and_die(struct fixture *f)
{
	use(open_sa(f, SADB_IN, true), 500);
}

static void accept_a_burst_and_die(struct fixture *f)
{
	use(open_sa(f, SADB_IN, true), 500);
	round_after(f, 1000);
}

/* What stands in the file for a loss of power would cost it packets. */
static void killed_process_loses_no_packet_of_its_peer(void **state)
{
	struct fixture *f = *state;

	die_after(f, accept_a_burst_and_die);
	assert_int_equal(durable_number(open_sa(f, SADB_IN, true)), 500);
}

static void edge_outlives_a_process(void **state)
{
	struct fixture *f = *state;

	die_after(f, accept_some_and_die);
	assert_int_equal(durable_number(open_sa(f, SADB_IN, true)), 500);
}

/* What stood in the page is not on disk. */
static void lose_power(const struct fixture *f)
{
	static const uint8_t none[DURABLE_PAGE_BYTES];
	char path[PATH_BYTES];
	int fd;

	path_of(f, path);
	fd = open(path, O_RDWR);
	assert_int_equal(pwrite(fd, none, sizeof(none), DURABLE_PAGE_AT),
			 sizeof(none));
	close(fd);
}

static void accept_for_seconds_and_die(struct fixture *f)
{
	struct durable_sa *sa = open_sa(f, SADB_IN, true);

	use(sa, 100);
	round_after(f, 1000);
	use(sa, 110);
	round_after(f, 1000);
	use(sa, 130); /* the same again, twice */
}

static void edge_stands_right_of_what_came_since_it_was_synced(void **state)
{
	struct fixture *f = *state;

	die_after(f, accept_for_seconds_and_die);
	lose_power(f);
	assert_int_equal(durable_number(open_sa(f, SADB_IN, true)), 130);
}

static void accept_extended_and_die(struct fixture *f)
{
	struct durable_sa *sa = open_sa(f, SADB_IN, true);

	use(sa, UINT32_MAX - 1ULL);
	round_after(f, 1000);
	use(sa, UINT32_MAX + 2ULL);
	round_after(f, 1000);
}

/* On the way it crosses into the next 2^32, which no packet says. */
static void edge_has_all_of_an_extended_number(void **state)
{
	struct fixture *f = *state;

	f->esn = true;
	die_after(f, accept_extended_and_die);
	lose_power(f);
	assert_true(durable_number(open_sa(f, SADB_IN, true)) ==
		    UINT32_MAX + 8ULL);
}

static void accept_one_and_die(struct fixture *f)
{
	use(open_sa(f, SADB_IN, true), 1);
	round_after(f, 1000);
}

static void slow_peer_loses_few_packets_to_a_loss_of_power(void **state)
{
	struct fixture *f = *state;

	die_after(f, accept_one_and_die);
	lose_power(f);
	assert_int_equal(durable_number(open_sa(f, SADB_IN, true)), 3);
}

/* --- what is not believed */

static void file_with_one_damaged_copy_is_good(void **state)
{
	static const off_t places[] = { 40, DURABLE_COPY_AT + 24 };
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		use(open_sa(f, SADB_OUT, true), 1000 + i);
		restart(f);
		damage(f, places[i]);
		assert_int_equal(durable_number(open_sa(f, SADB_OUT, true)),
				 1000 + i);
		restart(f);
	}
}

static void file_with_two_damaged_copies_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	open_sa(f, SADB_OUT, true);
	restart(f);
	damage(f, 30);
	damage(f, DURABLE_COPY_AT + 30);
	assert_int_equal(try_open(f, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "is damaged"));
	assert_non_null(strstr(e.text, "new key on both sides"));
}

/* Without the page behind both copies, too. */
static void file_that_was_cut_is_refused(void **state)
{
	static const off_t lengths[] = { DURABLE_PAGE_AT, 0 };
	struct fixture *f = *state;
	char path[PATH_BYTES];
	struct error e;

	open_sa(f, SADB_OUT, true);
	restart(f);
	path_of(f, path);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(truncate(path, lengths[i]), 0);
		assert_int_equal(try_open(f, &e), -EBADMSG);
	}
}

/* Whatever it is called. */
static void file_of_another_key_is_refused(void **state)
{
	const struct durable_spec other = spec_of(SADB_OUT, true, 8);
	struct fixture *f = *state;
	char from[PATH_BYTES], to[PATH_BYTES], *digit;
	struct durable_sa *sa;
	struct error e;

	assert_int_equal(durable_open(f->d, &other, 0, &sa, &e), 0);
	restart(f);
	path_of(f, from);
	strcpy(to, from);
	for (digit = strrchr(to, '-') + 1; *digit; digit += 2) {
		assert_memory_equal(digit, "08", 2);
		digit[1] = '7';
	}
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(try_open(f, &e), -EBADMSG);
}

static void key_that_is_in_use_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	open_sa(f, SADB_OUT, true);
	assert_int_equal(try_open(f, &e), -EBUSY);
	assert_non_null(strstr(e.text, "give one of them another key"));
}

static void ended_sa_leaves_its_key_to_the_next(void **state)
{
	struct fixture *f = *state;
	struct durable_sa *sa = open_sa(f, SADB_OUT, true);

	use(sa, 77);
	durable_end(f->d, sa);
	assert_false(durable_is_closed(f->d, sa));
	round_after(f, 1);
	assert_true(durable_is_closed(f->d, sa));
	assert_int_equal(durable_number(open_sa(f, SADB_OUT, true)), 77);
}

static void folder_that_others_may_write_to_is_refused(void **state)
{
	struct fixture *f = *state;
	struct error e;

	assert_int_equal(mkdir(f->folder, 0700), 0);
	assert_int_equal(chmod(f->folder, 0770), 0);
	assert_int_equal(try_open(f, &e), -EPERM);
	assert_non_null(strstr(e.text, f->folder));
	assert_non_null(strstr(e.text, "chmod 700"));
}

static void missing_folder_of_the_folder_is_said(void **state)
{
	struct fixture *f = *state;
	struct durable *other;
	struct durable *own = f->d;
	struct error e;

	assert_int_equal(durable_new("/nonexistent/state", &other), 0);
	f->d = other;
	assert_int_equal(try_open(f, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/nonexistent/state"));
	assert_non_null(strstr(e.text, "gateway.state_dir"));
	durable_free(other);
	f->d = own;
}

/* --- ids */

static bool same_id(const struct durable_keys *a, const struct durable_keys *b)
{
	uint8_t x[DURABLE_ID_BYTES], y[DURABLE_ID_BYTES];

	assert_true(durable_id(a, x));
	assert_true(durable_id(b, y));
	return memcmp(x, y, sizeof(x)) == 0;
}

static void counter_mode_key_is_itself_under_any_spi(void **state)
{
	struct keys a, b;

	(void)state;
	keys_init(&a);
	keys_init(&b);
	b.k.spi++;
	b.peer.octets[15]++;
	assert_true(same_id(&a.k, &b.k));
	b.encr.octets[19] ^= 1; /* of the salt */
	assert_false(same_id(&a.k, &b.k));
}

static void each_other_sa_has_an_id_of_its_own(void **state)
{
	struct keys a, b;

	(void)state;
	for (int i = 0; i < 5; i++) {
		keys_init(&a);
		a.k.counter_mode = false;
		a.integ = key_of(3, 32);
		b = a;
		b.k.encr_key = &b.encr;
		b.k.integ_key = &b.integ;
		b.k.peer = &b.peer;
		assert_true(same_id(&a.k, &b.k));
		if (i == 0)
			b.k.spi++;
		else if (i == 1)
			b.peer.octets[15]++;
		else if (i == 2)
			b.k.dir = SADB_IN;
		else if (i == 3)
			b.encr.octets[0] ^= 1;
		else
			b.integ.octets[31] ^= 1;
		assert_false(same_id(&a.k, &b.k));
	}
}

/* --- */

static int setup(void **state)
{
	static struct fixture f;

	f = (struct fixture){ .now_ns = NS_PER_S };
	strcpy(f.folder, "/tmp/cygnet.durable.XXXXXX");
	if (!mkdtemp(f.folder) || rmdir(f.folder))
		return -1;
	*state = &f;
	return durable_new(f.folder, &f.d);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	char path[PATH_BYTES];
	struct dirent *found;
	DIR *dir;

	durable_free(f->d);
	dir = opendir(f->folder);
	while (dir && (found = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", f->folder, found->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	rmdir(f->folder);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(new_key_begins_at_zero_with_a_block_on_disk),
		CASE(end_in_order_loses_no_number),
		CASE(end_without_order_skips_the_rest_of_the_block),
		CASE(limit_moves_on_when_half_of_a_block_is_used),
		CASE(block_is_of_seconds_at_the_rate_of_late),
		CASE(worker_wakes_again_where_it_woke_too_early),
		CASE(limit_stays_while_the_file_cannot_be_written),
		CASE(other_ciphers_do_not_wait_for_the_disk),
		CASE(other_ciphers_go_on_from_what_a_killed_process_used),
		CASE(key_whose_numbers_are_used_up_is_refused),
		CASE(extended_numbers_go_on_beyond_32_bits),
		CASE(extended_numbers_outlive_an_end_without_order),
		CASE(last_block_ends_with_the_last_number),
		CASE(numbers_beyond_32_bits_need_extended_ones),
		CASE(edge_is_where_an_end_in_order_left_it),
		CASE(edge_outlives_a_process),
		CASE(killed_process_loses_no_packet_of_its_peer),
		CASE(edge_stands_right_of_what_came_since_it_was_synced),
		CASE(edge_has_all_of_an_extended_number),
		CASE(slow_peer_loses_few_packets_to_a_loss_of_power),
		CASE(file_with_one_damaged_copy_is_good),
		CASE(file_with_two_damaged_copies_is_refused),
		CASE(file_that_was_cut_is_refused),
		CASE(file_of_another_key_is_refused),
		CASE(key_that_is_in_use_is_refused),
		CASE(ended_sa_leaves_its_key_to_the_next),
		CASE(folder_that_others_may_write_to_is_refused),
		CASE(missing_folder_of_the_folder_is_said),
		CASE(counter_mode_key_is_itself_under_any_spi),
		CASE(each_other_sa_has_an_id_of_its_own),
	};
	int failed;

	log_set_level(LOG_LVL_ERROR);
	quiescent_init();
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	quiescent_drain();
	return failed;
}
