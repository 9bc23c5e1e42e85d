// SPDX-License-Identifier: BSD-2-Clause
/*
 * libcrypto 3.0 has engines still, and Debian 12 no provider for PKCS#11. The engine is
 * loaded from libcrypto's own folder of engines, by its absolute path, and nothing is
 * searched for. What it has to say of a failure is in libcrypto's queue of errors:
 * there PKCS#11's own numbers are reasons.
 */
#define OPENSSL_SUPPRESS_DEPRECATED
#include "ctrl/crypto/token.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>
#include <openssl/engine.h>
#include <openssl/err.h>
#include <openssl/ui.h>

#include "ctrl/crypto/pkey.h"

#define ENGINE_FILE  "pkcs11.so"
#define ENGINE_NEEDS "install libengine-pkcs11-openssl"

#define PATH_MAX_BYTES 512
#define NAME_MAX_BYTES 192 /* "slot_2147483647-id_" and 64 octets' digits */

#define NOT_LOADED 0x401 /* libp11's reason: the module */

/* PKCS #11 version 2.40, section 2 of its header's numbers. */
enum ckr {
	CKR_PIN_INCORRECT = 0xa0,
	CKR_PIN_INVALID = 0xa1,
	CKR_PIN_LEN_RANGE = 0xa2,
	CKR_PIN_EXPIRED = 0xa3,
	CKR_PIN_LOCKED = 0xa4,
};

/* --- the engine */

/* OPENSSL_info() has no word for "not there". */
static bool engine_path(char out[PATH_MAX_BYTES])
{
	const char *folder = OPENSSL_info(OPENSSL_INFO_ENGINES_DIR);
	int n = snprintf(out, PATH_MAX_BYTES, "%s/" ENGINE_FILE,
			 folder ? folder : "");

	return folder && folder[0] == '/' && n < PATH_MAX_BYTES;
}

int token_engine_check(struct error *e)
{
	char path[PATH_MAX_BYTES];

	if (engine_path(path) && access(path, R_OK) == 0)
		return 0;
	return error_set(
		e, -ENOENT,
		"libcrypto's engine for tokens is not there; " ENGINE_NEEDS);
}

int token_module_check(const char *module, struct error *e)
{
	struct stat st;

	if (stat(module, &st))
		return error_set(e, -errno,
				 "there is no module %.200s; correct its path in "
				 "charon.plugins.pkcs11.modules",
				 module);
	if (!S_ISREG(st.st_mode) || st.st_uid != 0 || (st.st_mode & 022))
		return error_set(e, -EPERM,
				 "the module %.200s is not loaded, as others than "
				 "root may change it; chown root, and chmod 755",
				 module);
	return 0;
}

/* Freed by ENGINE_free(). */
static ENGINE *load_engine(const char *path)
{
	ENGINE *engine;

	ENGINE_load_dynamic();
	engine = ENGINE_by_id("dynamic");
	if (engine && ENGINE_ctrl_cmd_string(engine, "SO_PATH", path, 0) == 1 &&
	    ENGINE_ctrl_cmd_string(engine, "LOAD", NULL, 0) == 1)
		return engine;
	ENGINE_free(engine);
	return NULL;
}

/* It takes a text. */
static bool set_pin(ENGINE *engine, struct slice pin)
{
	char text[TOKEN_PIN_ROOM];
	bool ok;

	if (pin.len >= sizeof(text))
		return false;
	memcpy(text, pin.ptr, pin.len);
	text[pin.len] = '\0';
	ok = ENGINE_ctrl_cmd_string(engine, "PIN", text, 0) == 1;
	explicit_bzero(text, sizeof(text));
	return ok;
}

/* --- the key */

/* libp11's own notation, in which nothing needs an escape. */
static void key_name(const struct token_spec *spec, char out[NAME_MAX_BYTES])
{
	size_t n = 0;

	if (spec->has_slot)
		n = (size_t)snprintf(out, NAME_MAX_BYTES, "slot_%u-",
				     spec->slot);
	n += (size_t)snprintf(out + n, NAME_MAX_BYTES - n, "id_");
	for (size_t i = 0; i < spec->id.len && n + 3 < NAME_MAX_BYTES; i++)
		n += (size_t)snprintf(out + n, NAME_MAX_BYTES - n, "%02x",
				      spec->id.ptr[i]);
}

static bool is_of(unsigned long code, const char *lib)
{
	const char *own = ERR_lib_error_string(code);

	return own && strncmp(own, lib, strlen(lib)) == 0;
}

static int of_ckr(int reason)
{
	switch ((enum ckr)reason) {
	case CKR_PIN_INCORRECT:
	case CKR_PIN_INVALID:
	case CKR_PIN_LEN_RANGE:
	case CKR_PIN_EXPIRED:
	case CKR_PIN_LOCKED:
		return -EKEYREJECTED;
	}
	return -EIO;
}

/*
 * The first failure is the one that matters: what follows is of those who called.
 *
 * text   in PKCS#11's words, of -EIO
 */
static int why_not(const char **text)
{
	unsigned long code;

	while ((code = ERR_get_error())) {
		*text = ERR_reason_error_string(code);
		if (is_of(code, "PKCS#11"))
			return of_ckr(ERR_GET_REASON(code));
		if (is_of(code, "libp11") && ERR_GET_REASON(code) == NOT_LOADED)
			return -ENOENT;
	}
	return -ENOKEY;
}

static int fail(const struct token_spec *spec, int err, const char *text,
		struct error *e)
{
	switch (err) {
	case -ENOENT:
		return error_set(e, err,
				 "%.200s can't be loaded as a PKCS#11 module; "
				 "correct charon.plugins.pkcs11.modules",
				 spec->module);
	case -EKEYREJECTED:
		return error_set(e, err,
				 "the token refuses the PIN; correct it before "
				 "it locks itself");
	case -EIO:
		return error_set(e, err,
				 "the token fails: %.100s; look with: "
				 "pkcs11-tool --module %.200s --list-slots",
				 text ? text : "no reason", spec->module);
	case -ENOKEY:
		return error_set(e, err,
				 "there is no key of that handle in the token%s, "
				 "or no token%s; look with: pkcs11-tool --module "
				 "%.200s --login --list-objects",
				 spec->has_slot ? " of that slot" : "",
				 spec->pin.len ? "" : ", or it needs a PIN",
				 spec->module);
	case -ENOTSUP:
		return error_set(e, err,
				 "a key must be RSA with %d to %d bits, or ECDSA "
				 "on P-256, P-384 or P-521; make another one",
				 KEY_RSA_MIN_BITS, KEY_RSA_MAX_BITS);
	}
	return error_set(e, err, "out of memory");
}

static int load_key(ENGINE *engine, const struct token_spec *spec,
		    struct private_key **out, struct error *e)
{
	char name[NAME_MAX_BYTES];
	const char *text = NULL;
	EVP_PKEY *pkey;
	int err;

	key_name(spec, name);
	ERR_clear_error();
	/* Nobody is there to be asked for a PIN. */
	pkey = ENGINE_load_private_key(engine, name, (UI_METHOD *)UI_null(),
				       NULL);
	err = pkey ? pkey_private(pkey, out) : why_not(&text);
	return err ? fail(spec, err == -EBADMSG ? -ENOTSUP : err, text, e) : 0;
}

/* The engine's structural reference stays with the key, and so with the process. */
static int open_with(ENGINE *engine, const struct token_spec *spec,
		     struct private_key **out, struct error *e)
{
	if (ENGINE_ctrl_cmd_string(engine, "MODULE_PATH", spec->module, 0) != 1 ||
	    (spec->pin.len && !set_pin(engine, spec->pin)) ||
	    ENGINE_init(engine) != 1)
		return error_set(e, -EIO, "libcrypto's engine does not start");
	return load_key(engine, spec, out, e);
}

int token_open(const struct token_spec *spec, struct private_key **out,
	       struct error *e)
{
	char path[PATH_MAX_BYTES];
	ENGINE *engine;
	int err;

	ERR_clear_error();
	err = token_engine_check(e);
	if (!err)
		err = token_module_check(spec->module, e);
	if (err || !engine_path(path))
		return err;
	engine = load_engine(path);
	if (!engine)
		return error_set(e, -ENOENT,
				 "libcrypto can't load %.200s; " ENGINE_NEEDS,
				 path);
	err = open_with(engine, spec, out, e);
	ENGINE_free(engine);
	ERR_clear_error();
	return err;
}
