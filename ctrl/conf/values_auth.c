// SPDX-License-Identifier: BSD-2-Clause
#include "ctrl/conf/values_auth.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "ctrl/conf/values.h"
#include "ctrl/model/authority.h"
#include "ctrl/model/sign_rules.h"

#define NO_HTTPS                                                             \
	"is of another scheme than http: what is fetched is signed itself, " \
	"and a server's certificate might need it first (RFC 5280 section "  \
	"8); write its address of http"

static bool begins(const char *text, const char *with)
{
	return strncasecmp(text, with, strlen(with)) == 0;
}

VALUE_READER(value_auth)
{
	struct auth_conf *auth = out;
	struct error why;

	(void)k;
	if (strcasecmp(v->text, "psk") == 0) {
		auth->by = AUTH_BY_PSK;
		return 0;
	}
	if (begins(v->text, "eap") || begins(v->text, "xauth") ||
	    strcasecmp(v->text, "any") == 0)
		return value_fail(e, v, -EINVAL,
				  "is of a method that is not supported yet; "
				  "write pubkey or psk");
	if (sign_rules_parse(v->text, &auth->rules, &why))
		return value_fail(e, v, -EINVAL, "%.900s; or it is psk",
				  why.text);
	auth->by = AUTH_BY_PUBKEY;
	return 0;
}

/* Two numbers or more, of which the first is 0 to 2. */
static bool is_oid(const char *text)
{
	size_t arcs = 0;

	if (text[0] < '0' || text[0] > '2' || text[1] != '.')
		return false;
	for (;;) {
		size_t digits = strspn(text, "0123456789");

		if (!digits || (text[0] == '0' && digits > 1))
			return false;
		arcs++;
		text += digits;
		if (!*text)
			return arcs > 1;
		if (*text++ != '.')
			return false;
	}
}

VALUE_READER(value_policies)
{
	struct auth_conf *auth = out;
	struct item item;
	size_t at = 0;
	int found;

	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		if (auth->n_policies == AUTH_POLICIES_MAX)
			return item_fail_many(&item, AUTH_POLICIES_MAX, e);
		if (!is_oid(item.text) ||
		    strlen(item.text) >= AUTH_POLICY_STR_MAX)
			return item_fail_form(&item, e);
		strcpy(auth->policies[auth->n_policies++], item.text);
	}
	return found;
}

static bool is_uri(const char *text, size_t max)
{
	static const char scheme[] = "http://";
	const char *at = text;

	while (*at > ' ' && *at <= '~' && !strchr("\"<>\\^`{|}", *at))
		at++;
	return *at == '\0' && strlen(text) < max &&
	       strncasecmp(text, scheme, strlen(scheme)) == 0 &&
	       text[strlen(scheme)] && text[strlen(scheme)] != '/';
}

static bool is_of_others(const char *text)
{
	return begins(text, "https:") || begins(text, "ldap:") ||
	       begins(text, "file:");
}

VALUE_READER(value_uri_base)
{
	char *base = out;

	if (is_of_others(v->text))
		return value_fail(e, v, -EINVAL, NO_HTTPS);
	if (!is_uri(v->text, AUTHORITY_BASE_MAX))
		return value_fail_form(k, v, e);
	strcpy(base, v->text);
	return 0;
}

VALUE_READER(value_uris)
{
	struct authority_uris *uris = out;
	struct item item;
	size_t at = 0;
	int found;

	while ((found = item_next(k, v, &at, &item, e)) > 0) {
		if (uris->n == AUTHORITY_URIS_MAX)
			return item_fail_many(&item, AUTHORITY_URIS_MAX, e);
		if (is_of_others(item.text))
			return item_fail(e, &item, -EINVAL, NO_HTTPS);
		if (!is_uri(item.text, AUTHORITY_URI_MAX))
			return item_fail_form(&item, e);
		strcpy(uris->at[uris->n++], item.text);
	}
	return found;
}
