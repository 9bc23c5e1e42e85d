// SPDX-License-Identifier: BSD-2-Clause
/*
 * Commands that change what is loaded, from a packet to the callback and back:
 * what each takes, what it refuses, and answers that come later. The clock stands still until a case moves it.
 */
#include "tests/unit/control_fixture.h"

#include <time.h>

static time_t now_s = 1000;

int clock_gettime(clockid_t clock, struct timespec *out)
{
	(void)clock;
	*out = (struct timespec){ .tv_sec = now_s };
	return 0;
}

/* --- callbacks that write down what they hear */

struct loads {
	struct fixture f; /* first: helpers of the fixture take it */
	int answer;	  /* of the next callback */
	unsigned int calls;
	uint64_t token;
	char name[CONN_NAME_MAX];
	char file[64];
	struct psk_conf psk;
	size_t message_len;
	unsigned int clears; /* of private keys */
	unsigned int flushes;
};

static int hear(void *ctx, uint64_t token, const char *name, struct error *e)
{
	struct loads *l = ctx;

	l->calls++;
	l->token = token;
	snprintf(l->name, sizeof(l->name), "%s", name);
	return l->answer < 0 ? error_set(e, l->answer, "it can't be")
			     : l->answer;
}

static int on_load_conn(void *ctx, uint64_t token, struct slice message,
			struct error *e)
{
	struct loads *l = ctx;

	l->message_len = message.len;
	return hear(ctx, token, "", e);
}

static int on_unload_conn(void *ctx, uint64_t token, const char *name,
			  struct error *e)
{
	return hear(ctx, token, name, e);
}

static int on_reload(void *ctx, uint64_t token, struct error *e)
{
	return hear(ctx, token, "", e);
}

static int on_reload_settings(void *ctx, struct error *e)
{
	return hear(ctx, 0, "settings", e);
}

static int on_set_trap(void *ctx, uint64_t token, const char *conn,
		       const char *child, bool installed, struct error *e)
{
	char text[CONN_NAME_MAX];

	snprintf(text, sizeof(text), "%.20s/%.20s %s", conn, child,
		 installed ? "in" : "out");
	return hear(ctx, token, text, e);
}

static int on_add_sa(void *ctx, uint64_t token, const char *name,
		     const char *file, struct slice text, struct error *e)
{
	struct loads *l = ctx;

	snprintf(l->file, sizeof(l->file), "%s", file);
	l->message_len = text.len;
	return hear(ctx, token, name, e);
}

static int on_load_shared(void *ctx, struct psk_conf *psk, struct error *e)
{
	struct loads *l = ctx;
	int err = hear(ctx, 0, psk->name, e);

	if (err)
		return err;
	psk_fini(&l->psk);
	l->psk = *psk;
	psk->owners = NULL;
	psk->n_owners = 0;
	return 0;
}

static int on_unload_shared(void *ctx, const char *id, struct error *e)
{
	return hear(ctx, 0, id, e);
}

static int on_clear_shared(void *ctx, struct error *e)
{
	return hear(ctx, 0, "", e);
}

static void on_command(void *ctx, const struct control_command *c)
{
	struct loads *l = ctx;

	(void)c;
	l->calls++;
}

static const char *on_shared_id(void *ctx, size_t *at)
{
	static const char *const ids[] = { "ike-a", "ike-b", NULL };

	(void)ctx;
	return ids[(*at)++];
}

static void on_flush(void *ctx)
{
	struct loads *l = ctx;

	l->flushes++;
}

static const char *on_key_id(void *ctx, size_t *at)
{
	(void)ctx;
	return (*at)++ ? NULL : "e14c";
}

static void on_clear_keys(void *ctx)
{
	struct loads *l = ctx;

	l->clears++;
}

static int on_load_token(void *ctx, uint64_t token,
			 const struct token_conf *conf, struct error *e)
{
	char text[64];

	snprintf(text, sizeof(text), "%u %.*s", conf->handle_len,
		 (int)conf->pin.len, (const char *)conf->pin.octets);
	return hear(ctx, token, text, e);
}

static int start_loads(void **state)
{
	struct loads *l = calloc(1, sizeof(*l));

	if (!l)
		return -1;
	*state = l;
	l->f.callbacks = (struct control_callbacks){
		.status = take_snapshot,
		.command = on_command,
		.loads.load_conn = on_load_conn,
		.loads.unload_conn = on_unload_conn,
		.loads.reload = on_reload,
		.loads.reload_settings = on_reload_settings,
		.loads.set_trap = on_set_trap,
		.loads.add_sa = on_add_sa,
		.loads.delete_sa = on_unload_conn,
		.loads.load_shared = on_load_shared,
		.loads.unload_shared = on_unload_shared,
		.loads.clear_shared = on_clear_shared,
		.loads.shared_id = on_shared_id,
		.loads.keys.unload = on_unload_shared,
		.loads.keys.clear = on_clear_keys,
		.loads.keys.id = on_key_id,
		.loads.keys.ctx = l,
		.loads.tokens.load = on_load_token,
		.loads.tokens.ctx = l,
		.loads.certs.flush = on_flush,
		.loads.certs.ctx = l,
		.loads.ctx = l,
		.ctx = l,
	};
	return start_server(&l->f);
}

static int stop_loads(void **state)
{
	struct loads *l = *state;

	psk_fini(&l->psk);
	return stop(state);
}

#define LOADS_CASE(name) \
	cmocka_unit_test_setup_teardown(name, start_loads, stop_loads)

/* --- requests: "KEY=VALUE" is a value, "KEY[" a list, " ITEM" in it, "]" its
 * end, "{NAME" a section and "}" its end */

#define ASK(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void put_element(struct vici_builder *b, const char *text)
{
	char key[300];
	char *end;

	snprintf(key, sizeof(key), "%s", text);
	end = key + strcspn(key, "=[");
	if (text[0] == '{')
		vici_section(b, text + 1);
	else if (text[0] == '}')
		vici_section_end(b);
	else if (text[0] == ' ')
		vici_list_item(b, text + 1);
	else if (text[0] == ']')
		vici_list_end(b);
	else if (*end == '[')
		*end = '\0', vici_list(b, key);
	else
		*end = '\0', vici_str(b, key, end + 1);
}

/* A client that has asked. */
static int asking(struct loads *l, const char *command,
		  const char *const *elements)
{
	int fd = client_new(&l->f);
	struct vici_builder b;

	vici_start(&b, VICI_CMD_REQUEST, command);
	for (; *elements; elements++)
		put_element(&b, *elements);
	assert_true(vici_finish(&b));
	put_octets(fd, b.ptr, b.len);
	vici_builder_free(&b);
	run_loop(&l->f);
	return fd;
}

static void assert_value(struct vici_reader *r, const char *key,
			 const char *value)
{
	struct vici_elem elem;

	assert_true(vici_next(r, &elem));
	assert_int_equal(elem.type, VICI_KEY_VALUE);
	assert_int_equal(elem.name.len, strlen(key));
	assert_memory_equal(elem.name.ptr, key, elem.name.len);
	if (elem.value.len != strlen(value) ||
	    memcmp(elem.value.ptr, value, elem.value.len) != 0)
		fail_msg("'%.*s' is not '%s'", (int)elem.value.len,
			 (const char *)elem.value.ptr, value);
}

/* why NULL: it was done. */
static void assert_done(struct loads *l, int fd, const char *why)
{
	struct vici_packet packet = take_packet(&l->f, fd);
	struct vici_reader r = vici_read(packet.body);
	struct vici_elem elem;

	assert_int_equal(packet.type, VICI_CMD_RESPONSE);
	assert_value(&r, "success", why ? "no" : "yes");
	if (why)
		assert_value(&r, "errmsg", why);
	assert_true(vici_next(&r, &elem));
	assert_int_equal(elem.type, VICI_END);
	assert_answers(&l->f, fd);
	close(fd);
}

static void assert_taken(struct loads *l, const char *command,
			 const char *const *elements, const char *name)
{
	unsigned int before = l->calls;
	int fd = asking(l, command, elements);

	assert_int_equal(l->calls, before + 1);
	assert_string_equal(l->name, name);
	assert_done(l, fd, NULL);
}

/* The callback is not called. */
static void assert_refused(struct loads *l, const char *command,
			   const char *const *elements, const char *why)
{
	unsigned int before = l->calls;
	int fd = asking(l, command, elements);

	assert_done(l, fd, why);
	assert_int_equal(l->calls, before);
}

/* --- cases */

#define SHARED "type=ike", "data=hunter2"

static void each_command_reaches_its_callback(void **state)
{
	struct loads *l = *state;

	assert_taken(l, "load-conn", ASK("{moon", "version=2", "}"), "");
	assert_int_equal(l->message_len, 6 + 2 + 8 + 2 + 1);
	assert_taken(l, "unload-conn", ASK("name=moon"), "moon");
	assert_taken(l, "load-shared", ASK("id=ike-a", SHARED), "ike-a");
	assert_taken(l, "unload-shared", ASK("id=ike-a"), "ike-a");
	assert_taken(l, "unload-key", ASK("id=e14c"), "e14c");
	assert_taken(l, "clear-creds", ASK(NULL), "");
	assert_int_equal(l->clears, 1);
	assert_taken(l, "reload", ASK(NULL), "");
	assert_taken(l, "reload-settings", ASK(NULL), "settings");
	assert_taken(l, "install", ASK("child=net"), "/net in");
	assert_taken(l, "uninstall", ASK("child=net", "ike=moon"),
		     "moon/net out");
	assert_taken(l, "cygnet-sa-add", ASK("name=b2", "text=manual"), "b2");
	assert_int_equal(l->message_len, 6);
	assert_string_equal(l->file, "cygnet-sa-add");
	assert_taken(l, "cygnet-sa-add", ASK("text=", "file=/f", "name=b2"),
		     "b2");
	assert_string_equal(l->file, "/f");
	assert_taken(l, "cygnet-sa-delete", ASK("name=b2"), "b2");
}

static void secret_may_be_a_ppk(void **state)
{
	struct loads *l = *state;

	assert_taken(l, "load-shared", ASK("id=a", SHARED), "a");
	assert_false(l->psk.is_ppk);
	assert_taken(l, "load-shared", ASK("id=a", "type=PPK", "data=x"), "a");
	assert_true(l->psk.is_ppk);
}

static void secret_has_the_fields_that_were_sent(void **state)
{
	struct loads *l = *state;
	char text[IDENTITY_STR_MAX];

	assert_taken(l, "load-shared",
		     ASK("owners[", " moon.example.org", " %any", "]",
			 "data=hunter2", "type=IKE", "id=ike-a"),
		     "ike-a");
	assert_true(l->psk.from_vici);
	assert_int_equal(l->psk.key.len, 7);
	assert_memory_equal(l->psk.key.octets, "hunter2", 7);
	assert_int_equal(l->psk.n_owners, 2);
	assert_string_equal(identity_str(&l->psk.owners[0], text, sizeof(text)),
			    "moon.example.org");
	assert_int_equal(l->psk.owners[1].type, 0);

	assert_taken(l, "load-shared", ASK(SHARED), "");
	assert_int_equal(l->psk.n_owners, 0);
	assert_null(l->psk.owners);
}

static void secret_is_any_octets(void **state)
{
	static const uint8_t packet[] = { 0,   0,   0,	  38,  0,   11,	 'l',
					  'o', 'a', 'd',  '-', 's', 'h', 'a',
					  'r', 'e', 'd',  3,   4,   't', 'y',
					  'p', 'e', 0,	  3,   'i', 'k', 'e',
					  3,   4,   'd',  'a', 't', 'a', 0,
					  4,   0,   0xff, '0', 'x' };
	struct loads *l = *state;
	int fd = client_new(&l->f);
	uint8_t whole[sizeof(packet)];

	memcpy(whole, packet, sizeof(packet));
	whole[3] = sizeof(packet) - LENGTH_BYTES;
	put_octets(fd, whole, sizeof(whole));
	assert_done(l, fd, NULL);
	assert_int_equal(l->psk.key.len, 4);
	assert_memory_equal(l->psk.key.octets,
			    "\0\xff"
			    "0x",
			    4);
}

static void failure_of_a_callback_is_told(void **state)
{
	struct loads *l = *state;

	l->answer = -EEXIST;
	assert_done(l, asking(l, "load-conn", ASK("{a", "}")), "it can't be");
	assert_done(l, asking(l, "unload-conn", ASK("name=a")), "it can't be");
	assert_done(l, asking(l, "load-shared", ASK(SHARED)), "it can't be");
	assert_done(l, asking(l, "unload-shared", ASK("id=a")), "it can't be");
	assert_done(l, asking(l, "clear-creds", ASK(NULL)), "it can't be");
	assert_done(l, asking(l, "reload", ASK(NULL)), "it can't be");
	assert_int_equal(l->calls, 6);
}

#define LONG64 \
	"0123456789012345678901234567890123456789012345678901234567890123"

static void arguments_are_refused_by_name(void **state)
{
	struct loads *l = *state;

	assert_refused(l, "unload-conn", ASK(NULL),
		       "argument 'name' is missing");
	assert_refused(l, "unload-conn", ASK("id=a"),
		       "this command takes no argument 'id'");
	assert_refused(l, "unload-conn", ASK("name=a", "name=a"),
		       "argument 'name' must be given once");
	assert_refused(l, "unload-conn", ASK("name=" LONG64),
		       "argument 'name' must be a name of 1 to 63 octets");
	assert_refused(l, "unload-shared", ASK(NULL),
		       "argument 'id' is missing");
	assert_refused(l, "unload-shared", ASK("name=a"),
		       "this command takes no argument 'name'");
	assert_refused(l, "clear-creds", ASK("id=a"),
		       "this command takes no argument 'id'");
	assert_refused(l, "reload", ASK("{a", "}"),
		       "this command takes no argument 'a'");
	assert_refused(l, "cygnet-sa-delete", ASK(NULL),
		       "argument 'name' is missing");
}

/* An unknown name may be a key. */
static void arguments_of_manual_sas_are_refused(void **state)
{
	static const char only[] = "this command takes the values name, file "
				   "and text, each once, and nothing else";
	struct loads *l = *state;

	assert_refused(l, "cygnet-sa-add", ASK("text=a"),
		       "argument 'name' is missing");
	assert_refused(l, "cygnet-sa-add", ASK("name=a"),
		       "argument 'text' is missing");
	assert_refused(l, "cygnet-sa-add", ASK("name=a", "text=a", "key=a"),
		       only);
	assert_refused(l, "cygnet-sa-add", ASK("name=a", "text=a", "text=b"),
		       only);
	assert_refused(l, "cygnet-sa-add", ASK("name=a", "text[", " a", "]"),
		       only);
	assert_refused(l, "cygnet-sa-add", ASK("name=a", "name=b", "text=a"),
		       "argument 'name' must be given once, as 1 to 63 visible "
		       "ASCII characters");
	assert_refused(l, "cygnet-sa-add", ASK("name=" LONG64, "text=a"),
		       "argument 'name' must be given once, as 1 to 63 visible "
		       "ASCII characters");
	assert_refused(l, "cygnet-sa-add", ASK("name=a b", "text=a"),
		       "argument 'name' must be given once, as 1 to 63 visible "
		       "ASCII characters");
}

#define VISIBLE "argument 'id' must be 1 to 63 visible ASCII characters"
#define IDENTITIES                                                    \
	"argument 'owners' must hold identities, such as 192.0.2.1, " \
	"moon.example.org or %any"

static void secret_is_refused_by_the_name_of_its_field(void **state)
{
	static const char *const owners[] = {
		"owners[", " a", " a", " a", " a", " a", " a", " a", " a", " a",
		" a",	   " a", " a", " a", " a", " a", " a", " a", " a", " a",
		" a",	   " a", " a", " a", " a", " a", " a", " a", " a", " a",
		" a",	   " a", " a", " a", " a", " a", " a", " a", " a", " a",
		" a",	   " a", " a", " a", " a", " a", " a", " a", " a", " a",
		" a",	   " a", " a", " a", " a", " a", " a", " a", " a", " a",
		" a",	   " a", " a", " a", " a", " a", "]",  NULL
	};
	struct loads *l = *state;

	assert_refused(l, "load-shared", ASK("data=x"),
		       "argument 'type' is missing");
	assert_refused(l, "load-shared", ASK("type=ike"),
		       "argument 'data' is missing");
	assert_refused(l, "load-shared", ASK("type=ike", "data="),
		       "argument 'data' is empty");
	assert_refused(l, "load-shared", ASK("type=eap", "data=x"),
		       "argument 'type' must be ike or ppk: secrets of other "
		       "types are not supported yet");
	assert_refused(l, "load-shared", ASK(SHARED, "data=y"),
		       "argument 'data' must be given once");
	assert_refused(l, "load-shared",
		       ASK(SHARED, "owners[", "]", "owners[", "]"),
		       "argument 'owners' must be given once");
	assert_refused(l, "load-shared", ASK(SHARED, "owners=a"),
		       "argument 'owners' must be a list");
	assert_refused(l, "load-shared", ASK("data[", "]"),
		       "argument 'data' must be one value");
	assert_refused(l, "load-shared", ASK("{data", "}"),
		       "argument 'data' must be one value");
	assert_refused(l, "load-shared", ASK("secret=x"),
		       "this command takes id, type, data and owners, and "
		       "nothing else");
	assert_refused(l, "load-shared", ASK("id=", SHARED), VISIBLE);
	assert_refused(l, "load-shared", ASK("id=a b", SHARED), VISIBLE);
	assert_refused(l, "load-shared", ASK("id=\xc3\xa4", SHARED), VISIBLE);
	assert_refused(l, "load-shared", ASK("id=" LONG64, SHARED), VISIBLE);
	assert_refused(l, "load-shared", ASK(SHARED, "owners[", " ", "]"),
		       IDENTITIES);
	assert_refused(l, "load-shared", ASK(SHARED, "owners[", " ipv4:x", "]"),
		       "argument 'owners': an identity of type ipv4 must be an "
		       "address, or '#' and 8 hexadecimal digits");
	assert_refused(l, "load-shared", owners,
		       "argument 'owners' has more than 64 items");
}

static void secret_of_513_octets_is_too_long(void **state)
{
	struct loads *l = *state;
	char data[5 + 513 + 1] = "data=";
	int fd;

	memset(data + 5, 'x', 513);
	for (int i = 0; i < 2; i++) {
		struct vici_builder b;

		fd = client_new(&l->f);
		vici_start(&b, VICI_CMD_REQUEST, "load-shared");
		vici_str(&b, "type", "ike");
		vici_str(&b, "data", data + 5 + i);
		assert_true(vici_finish(&b));
		put_octets(fd, b.ptr, b.len);
		vici_builder_free(&b);
		assert_done(l, fd,
			    i ? NULL
			      : "argument 'data' is longer than 512 octets; "
				"shorten the secret on both sides");
	}
	assert_int_equal(l->psk.key.len, 512);
}

static void flushed_is_what_was_fetched(void **state)
{
	struct loads *l = *state;

	assert_refused(l, "flush-certs", ASK(NULL), NULL);
	assert_int_equal(l->flushes, 1);
	assert_refused(l, "flush-certs", ASK("type=any"), NULL);
	assert_int_equal(l->flushes, 2);
	assert_refused(l, "flush-certs", ASK("type=x509_crl"), NULL);
	assert_refused(l, "flush-certs", ASK("type=OCSP_RESPONSE"), NULL);
	assert_int_equal(l->flushes, 4);
	assert_refused(l, "flush-certs", ASK("type=x509"), NULL);
	assert_refused(l, "flush-certs", ASK("type=PUBKEY"), NULL);
	assert_refused(l, "flush-certs", ASK("type=X510"),
		       "argument 'type' must be X509, X509_AC, X509_CRL, "
		       "OCSP_RESPONSE, PUBKEY or ANY");
	assert_int_equal(l->flushes, 4);
	assert_refused(l, "install", ASK("ike=moon"),
		       "argument 'child' is missing");
}

static void server_that_loads_nothing_says_so(void **state)
{
	const char *const why = "what is loaded can't be changed here";
	struct loads *l = *state;
	struct loads bare = { .f = l->f };
	struct error e;

	strcat(bare.f.path, "2");
	bare.f.answer = NULL;
	bare.f.callbacks = (struct control_callbacks){ .loads.ctx = &bare };
	assert_int_equal(server_new(&bare.f, bare.f.path, &bare.f.server, &e),
			 0);
	assert_refused(&bare, "load-conn", ASK("{a", "}"), why);
	assert_refused(&bare, "unload-conn", ASK("name=a"), why);
	assert_refused(&bare, "load-shared", ASK(SHARED), why);
	assert_refused(&bare, "unload-shared", ASK("id=a"), why);
	assert_refused(&bare, "load-key", ASK("type=any", "data=x"), why);
	assert_refused(&bare, "unload-key", ASK("id=a"), why);
	assert_refused(&bare, "load-token", ASK("handle=01"), why);
	assert_refused(&bare, "clear-creds", ASK(NULL), why);
	assert_refused(&bare, "load-pool", ASK("{a", "}"), why);
	assert_refused(&bare, "unload-pool", ASK("name=a"), why);
	assert_refused(&bare, "reload", ASK(NULL), why);
	assert_refused(&bare, "reload-settings", ASK(NULL), why);
	assert_refused(&bare, "install", ASK("child=net"), why);
	control_server_free(bare.f.server);
	free(bare.f.answer);
}

/* --- lists of names */

static void assert_list(struct loads *l, const char *command,
			const char *octets, size_t len)
{
	int fd = asking(l, command, ASK(NULL));
	struct vici_packet packet = take_packet(&l->f, fd);

	assert_int_equal(packet.type, VICI_CMD_RESPONSE);
	assert_int_equal(packet.body.len, len);
	assert_memory_equal(packet.body.ptr, octets, len);
	close(fd);
}

static void lists_of_names_are_true(void **state)
{
	assert_list(*state, "get-shared", "\4\4keys\5\0\5ike-a\5\0\5ike-b\6",
		    23);
	assert_list(*state, "get-conns", "\4\5conns\6", 8);
	assert_list(*state, "get-keys", "\4\4keys\5\0\4e14c\6", 14);
	assert_list(*state, "get-authorities", "\4\13authorities\6", 14);
	assert_list(*state, "get-pools", "", 0);
}

/* --- answers that come later */

static void assert_silent(struct loads *l, int fd)
{
	char octet;

	run_loop(&l->f);
	assert_int_equal(recv(fd, &octet, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
}

static void answer_comes_when_it_is_loaded(void **state)
{
	const struct error e = { "the data path refused it" };
	struct loads *l = *state;
	uint64_t first;
	int a, b;

	l->answer = CONTROL_LATER;
	a = asking(l, "load-conn", ASK("{a", "}"));
	first = l->token;
	b = asking(l, "reload", ASK(NULL));
	assert_int_not_equal(first, l->token);
	assert_silent(l, a);
	assert_silent(l, b);
	control_server_loaded(l->f.server, 4711, 0, NULL);
	assert_silent(l, a);
	control_server_loaded(l->f.server, l->token, -EPERM, &e);
	assert_silent(l, a);
	assert_done(l, b, "the data path refused it");
	control_server_loaded(l->f.server, first, 0, NULL);
	control_server_loaded(l->f.server, first, -EPERM, &e); /* answered */
	assert_done(l, a, NULL);
}

static void id_of_a_key_in_a_token_comes_later(void **state)
{
	static const char want[] = "\3\7success\0\3yes\3\2id\0\4e14c";
	struct loads *l = *state;
	struct vici_packet packet;
	int fd;

	assert_refused(l, "load-token", ASK("slot=1"),
		       "argument 'handle' is missing");
	l->answer = CONTROL_LATER;
	fd = asking(l, "load-token", ASK("handle=01", "pin=1234"));
	assert_string_equal(l->name, "1 1234");
	assert_silent(l, fd);
	control_server_token_loaded(l->f.server, 4711, "none");
	assert_silent(l, fd);
	control_server_token_loaded(l->f.server, l->token, "e14c");
	packet = take_packet(&l->f, fd);
	assert_int_equal(packet.type, VICI_CMD_RESPONSE);
	assert_int_equal(packet.body.len, sizeof(want) - 1);
	assert_memory_equal(packet.body.ptr, want, sizeof(want) - 1);
	close(fd);
}

static void answer_that_never_comes_is_a_refusal_in_time(void **state)
{
	struct loads *l = *state;
	int fd;

	l->answer = CONTROL_LATER;
	fd = asking(l, "unload-conn", ASK("name=a"));
	now_s += CONTROL_WAIT_S - 1;
	assert_silent(l, fd);
	now_s++;
	assert_done(l, fd,
		    "no answer in time; what was to be loaded may be later");
	control_server_loaded(l->f.server, l->token, 0, NULL);
}

static void client_that_left_is_not_answered(void **state)
{
	struct loads *l = *state;
	int fd;

	l->answer = CONTROL_LATER;
	fd = asking(l, "reload", ASK(NULL));
	close(fd);
	run_loop(&l->f);
	control_server_loaded(l->f.server, l->token, 0, NULL);
	l->answer = 0;
	assert_taken(l, "reload", ASK(NULL), "");
}

static void what_no_client_asked_for_answers_none(void **state)
{
	struct loads *l = *state;
	int fd = asking(l, "terminate", ASK("ike=a"));

	assert_int_equal(l->calls, 1);
	control_server_loaded(l->f.server, 0, 0, NULL);
	assert_silent(l, fd);
	close(fd);
}

static void client_that_waits_hears_of_events(void **state)
{
	const struct control_event e = { .kind = CONTROL_IKE_UP, .conn = "a" };
	struct loads *l = *state;
	int fd;

	l->answer = CONTROL_LATER;
	fd = asking(l, "load-conn", ASK("{a", "}"));
	control_server_event(l->f.server, &e);
	assert_silent(l, fd);
	control_server_loaded(l->f.server, l->token, 0, NULL);
	assert_done(l, fd, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LOADS_CASE(each_command_reaches_its_callback),
		LOADS_CASE(secret_has_the_fields_that_were_sent),
		LOADS_CASE(secret_is_any_octets),
		LOADS_CASE(secret_may_be_a_ppk),
		LOADS_CASE(failure_of_a_callback_is_told),
		LOADS_CASE(arguments_are_refused_by_name),
		LOADS_CASE(arguments_of_manual_sas_are_refused),
		LOADS_CASE(secret_is_refused_by_the_name_of_its_field),
		LOADS_CASE(secret_of_513_octets_is_too_long),
		LOADS_CASE(id_of_a_key_in_a_token_comes_later),
		LOADS_CASE(flushed_is_what_was_fetched),
		LOADS_CASE(server_that_loads_nothing_says_so),
		LOADS_CASE(lists_of_names_are_true),
		LOADS_CASE(answer_comes_when_it_is_loaded),
		LOADS_CASE(answer_that_never_comes_is_a_refusal_in_time),
		LOADS_CASE(client_that_left_is_not_answered),
		LOADS_CASE(what_no_client_asked_for_answers_none),
		LOADS_CASE(client_that_waits_hears_of_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
