// SPDX-License-Identifier: BSD-2-Clause
/*
 * What stays of a secret that comes over VICI: nothing but what its owner keeps.
 * Here it never stands as it is.
 */
#include "tests/unit/control_fixture.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define TURN_MS 10
#define TURNS	500 /* 5 s */

struct owner {
	struct fixture f; /* first: helpers of the fixture take it */
	unsigned int calls;
	struct psk_conf psk;
};

static int on_load_shared(void *ctx, struct psk_conf *psk, struct error *e)
{
	struct owner *o = ctx;

	(void)e;
	o->calls++;
	o->psk = *psk;
	psk->owners = NULL;
	psk->n_owners = 0;
	return 0;
}

static int start_owner(void **state)
{
	struct owner *o = calloc(1, sizeof(*o));

	if (!o)
		return -1;
	*state = o;
	o->f.callbacks = (struct control_callbacks){
		.status = take_snapshot,
		.loads.load_shared = on_load_shared,
		.loads.ctx = o,
		.ctx = o,
	};
	return start_server(&o->f);
}

static int stop_owner(void **state)
{
	struct owner *o = *state;

	psk_fini(&o->psk);
	return stop(state);
}

#define SECRET_OCTETS 40
#define VEIL	      0x80

static uint8_t veiled(size_t i)
{
	return (uint8_t)('A' + i);
}

/*
 * Sends it and waits for the answer, or leaves in the midst of it; in a process
 * of its own.
 */
static void send_secret(const char *path, bool whole)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char data[SECRET_OCTETS + 1] = "";
	struct vici_builder b;

	for (size_t i = 0; i < SECRET_OCTETS; i++)
		data[i] = (char)(veiled(i) ^ VEIL);
	strcpy(sun.sun_path, path);
	vici_start(&b, VICI_CMD_REQUEST, "load-shared");
	vici_str(&b, "data", data);
	vici_str(&b, "type", "ike");
	if (!vici_finish(&b) ||
	    connect(fd, (struct sockaddr *)&sun, sizeof(sun)) ||
	    send(fd, b.ptr, b.len - !whole, 0) < SECRET_OCTETS)
		_exit(1);
	_exit(whole ? recv(fd, data, 1, 0) != 1 : 0);
}

static size_t count_in(const uint8_t *at, const uint8_t *end)
{
	size_t found = 0;

	for (; end - at >= SECRET_OCTETS; at++) {
		size_t i = 0;

		while (i < SECRET_OCTETS && (at[i] ^ VEIL) == veiled(i))
			i++;
		found += i == SECRET_OCTETS;
	}
	return found;
}

/* Allocates nothing: that would write over what it looks for. */
static size_t count_in_memory(void)
{
	static char maps[1 << 16];
	int fd = open("/proc/self/maps", O_RDONLY);
	size_t len = 0, found = 0;
	ssize_t n = 1;

	assert_true(fd >= 0);
	for (; n > 0 && len < sizeof(maps) - 1; len += (size_t)n) {
		n = read(fd, maps + len, sizeof(maps) - 1 - len);
		assert_true(n >= 0);
	}
	close(fd);
	maps[len] = '\0';
	for (char *line = strtok(maps, "\n"); line; line = strtok(NULL, "\n")) {
		uintptr_t at, end;

		if ((strstr(line, "[heap]") || strstr(line, "[stack]")) &&
		    sscanf(line, "%lx-%lx", &at, &end) == 2)
			found += count_in((const uint8_t *)at,
					  (const uint8_t *)end);
	}
	return found;
}

/* Runs the server meanwhile. */
static void receive_secret(struct owner *o, bool whole)
{
	int ends[2], status, turns = 0;
	struct pollfd pfd;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (pid == 0)
		send_secret(o->f.path, whole);
	close(ends[1]);
	pfd = (struct pollfd){ .fd = ends[0], .events = POLLIN };
	do
		run_loop(&o->f);
	while (poll(&pfd, 1, TURN_MS) == 0 && turns++ < TURNS);
	run_loop(&o->f);
	close(ends[0]);
	kill(pid, SIGKILL); /* it has ended, or never would */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void secret_stays_with_its_owner_alone(void **state)
{
	struct owner *o = *state;

#ifdef __SANITIZE_ADDRESS__
	print_message("the sanitizer forbids to look through all memory\n");
	skip();
#endif
	receive_secret(o, false);
	assert_int_equal(o->calls, 0);
	assert_int_equal(count_in_memory(), 0);
	receive_secret(o, true);
	assert_int_equal(o->calls, 1);
	assert_int_equal(o->psk.key.len, SECRET_OCTETS);
	assert_int_equal(count_in_memory(), 1);
	secret_wipe(&o->psk.key);
	assert_int_equal(count_in_memory(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(secret_stays_with_its_owner_alone,
						start_owner, stop_owner),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
