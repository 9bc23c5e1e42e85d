// SPDX-License-Identifier: BSD-2-Clause
/*
 * data is the secret itself, in any octets: whoever sends it has read what 0x
 * and 0s mean in a file. Owners are identities in the notation of a file. An
 * unknown argument's name is not shown: it may be the secret.
 */
#include "ctrl/control/shared.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctrl/control/vici.h"

#define OWNER_MAX_BYTES 512 /* of its text, with the NUL */

enum field {
	FIELD_ID = 1 << 0,
	FIELD_TYPE = 1 << 1,
	FIELD_DATA = 1 << 2,
	FIELD_OWNERS = 1 << 3,
};

static const struct {
	const char *key;
	enum field field;
} fields[] = {
	{ "id", FIELD_ID },
	{ "type", FIELD_TYPE },
	{ "data", FIELD_DATA },
	{ "owners", FIELD_OWNERS },
};

#define N_FIELDS (sizeof(fields) / sizeof(fields[0]))

/* It is shown in lists and errors. */
static int read_id(struct slice value, struct psk_conf *out, struct error *e)
{
	bool ok = value.len > 0 && value.len < sizeof(out->name);

	for (size_t i = 0; i < value.len && ok; i++)
		ok = value.ptr[i] > ' ' && value.ptr[i] <= '~';
	if (!ok)
		return error_set(e, -EINVAL,
				 "argument 'id' must be 1 to 63 visible ASCII "
				 "characters");
	memcpy(out->name, value.ptr, value.len);
	out->name[value.len] = '\0';
	return 0;
}

static bool is_word(struct slice value, const char *word)
{
	return value.len == strlen(word) &&
	       strncasecmp((const char *)value.ptr, word, value.len) == 0;
}

static int read_type(struct slice value, struct psk_conf *out, struct error *e)
{
	out->is_ppk = is_word(value, "ppk");
	if (out->is_ppk || is_word(value, "ike"))
		return 0;
	return error_set(e, -EINVAL,
			 "argument 'type' must be ike or ppk: secrets of other "
			 "types are not supported yet");
}

static int read_data(struct slice value, struct psk_conf *out, struct error *e)
{
	if (value.len == 0)
		return error_set(e, -EINVAL, "argument 'data' is empty");
	if (value.len > sizeof(out->key.octets))
		return error_set(e, -E2BIG,
				 "argument 'data' is longer than %u octets; "
				 "shorten the secret on both sides",
				 SECRET_MAX_BYTES);
	memcpy(out->key.octets, value.ptr, value.len);
	out->key.len = value.len;
	return 0;
}

/* Nobody is named by accident: "" would be anybody. */
static int read_owner(struct slice value, struct psk_conf *out, struct error *e)
{
	char text[OWNER_MAX_BYTES];
	struct error why;
	size_t n = out->n_owners;

	if (n == SHARED_OWNERS_MAX)
		return error_set(e, -E2BIG,
				 "argument 'owners' has more than %d items",
				 SHARED_OWNERS_MAX);
	if (value.len == 0 || value.len >= sizeof(text) ||
	    memchr(value.ptr, 0, value.len))
		return error_set(e, -EINVAL,
				 "argument 'owners' must hold identities, such "
				 "as 192.0.2.1, moon.example.org or %%any");
	memcpy(text, value.ptr, value.len);
	text[value.len] = '\0';
	if (identity_parse(text, &out->owners[n], &why))
		return error_set(e, -EINVAL, "argument 'owners': %.400s",
				 why.text);
	out->n_owners++;
	return 0;
}

static int read_value(enum field field, struct slice value,
		      struct psk_conf *out, struct error *e)
{
	switch (field) {
	case FIELD_ID:
		return read_id(value, out, e);
	case FIELD_TYPE:
		return read_type(value, out, e);
	case FIELD_DATA:
		return read_data(value, out, e);
	case FIELD_OWNERS:
		break;
	}
	return -EINVAL;
}

/* What begins with a name. */
static int read_field(const struct vici_elem *elem, unsigned int *seen,
		      struct psk_conf *out, struct error *e)
{
	enum vici_elem_type wanted;
	size_t i = 0;

	while (i < N_FIELDS &&
	       (strlen(fields[i].key) != elem->name.len ||
		memcmp(fields[i].key, elem->name.ptr, elem->name.len) != 0))
		i++;
	if (i == N_FIELDS)
		return error_set(e, -EINVAL,
				 "this command takes id, type, data and owners, "
				 "and nothing else");
	wanted = fields[i].field == FIELD_OWNERS ? VICI_LIST_START
						 : VICI_KEY_VALUE;
	if (elem->type != wanted)
		return error_set(
			e, -EINVAL, "argument '%s' must be %s", fields[i].key,
			wanted == VICI_LIST_START ? "a list" : "one value");
	if (*seen & (unsigned int)fields[i].field)
		return error_set(e, -EINVAL, "argument '%s' must be given once",
				 fields[i].key);
	*seen |= (unsigned int)fields[i].field;
	if (wanted == VICI_LIST_START)
		return 0;
	return read_value(fields[i].field, elem->value, out, e);
}

static int read_all(struct slice body, struct psk_conf *out, struct error *e)
{
	struct vici_reader r = vici_read(body);
	struct vici_elem elem;
	unsigned int seen = 0;
	int err = 0;

	while (vici_argument(&r, &elem, &err, e)) {
		if (elem.type == VICI_LIST_ITEM)
			err = read_owner(elem.value, out, e);
		else if (elem.type != VICI_LIST_END)
			err = read_field(&elem, &seen, out, e);
	}
	if (!err && !(seen & FIELD_TYPE))
		err = error_set(e, -EINVAL, "argument 'type' is missing");
	if (!err && !(seen & FIELD_DATA))
		err = error_set(e, -EINVAL, "argument 'data' is missing");
	return err;
}

/* What is kept for long has no room to spare. */
static void trim_owners(struct psk_conf *psk)
{
	size_t bytes = psk->n_owners * sizeof(*psk->owners);
	struct identity *owners = bytes ? realloc(psk->owners, bytes) : NULL;

	if (owners) {
		psk->owners = owners;
	} else if (!bytes) {
		free(psk->owners);
		psk->owners = NULL;
	}
}

int shared_read(struct slice body, struct psk_conf *out, struct error *e)
{
	int err;

	*out = (struct psk_conf){ .from_vici = true };
	out->owners = calloc(SHARED_OWNERS_MAX, sizeof(*out->owners));
	if (!out->owners)
		return error_set(e, -ENOMEM, "out of memory for a secret");
	err = read_all(body, out, e);
	if (err)
		psk_fini(out);
	else
		trim_owners(out);
	return err;
}
