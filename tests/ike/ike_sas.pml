/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two sides that rekey the IKE SA between them, and the heirs of it, and perhaps
 * delete it: what x_rekey.c, x_info.c and time.c do, with the table of collide.h in
 * front (tools/collisions). Messages are as late as they like, and in any order; lost
 * ones come again, hence are late. A key exchange lets the peer's go on.
 *
 * When nothing is left to be done, both sides have the same IKE SA, without a wish to
 * delete it, and both have the children there; or, if one was deleted, perhaps none.
 * A timer closes what the peer was to delete and does not, as it never had it: then,
 * and not before, lest it hide what nobody deletes. With
 * FULL more may happen.
 */
#define N	 7 /* IKE SAs; 0: none */
#define AT(s, i) ((s) * N + (i))
#define OTHER	 (1 - me)

/* Exchanges, and responses. */
#define NOTHING 0
#define REKEY	1
#define DELETE	2
#define MADE	3
#define LATER	4
#define GONE	5

byte sas = 1;
bool there[2 * N], deleting[2 * N], has_heir[2 * N], delete_wanted[2 * N];
bool dropped[2 * N];  /* by a timer, if nobody else does it */
bool wanted[2 * N];   /* to be rekeyed */
bool children[2 * N]; /* are under it */
byte ours[2 * N], made[2 * N], rival[2 * N], rival_made[2 * N];
bool agrees[2 * N]; /* the response came, and keys are being made */
bool works[2 * N];
byte request[2 * N], response[2 * N], response_made[2 * N];
byte rekeys[2], deletes, rank[2];
bool deleted;

inline end_ours(i)
{
	ours[AT(me, i)] = NOTHING;
	agrees[AT(me, i)] = false;
	made[AT(me, i)] = 0;
	rival[AT(me, i)] = 0;
	rival_made[AT(me, i)] = 0
}

inline inherit(heir, i)
{
	children[AT(me, heir)] = children[AT(me, heir)] || children[AT(me, i)];
	children[AT(me, i)] = false;
	delete_wanted[AT(me, heir)] = delete_wanted[AT(me, i)];
	delete_wanted[AT(me, i)] = false;
	wanted[AT(me, i)] = false;
	has_heir[AT(me, i)] = true;
	for (k : 1 .. N - 1) { /* who waits for this one, waits for its heir */
		if
		:: rival_made[AT(me, k)] == i -> rival_made[AT(me, k)] = heir
		:: else
		fi
	}
	k = 0
}

#define is_up(me, i) (i != 0 && there[AT(me, i)] && !deleting[AT(me, i)])

/* What the peer's rekeying made has the children, if it is there. */
inline concede(i)
{
	r = rival_made[AT(me, i)];
	if
	:: ours[AT(me, i)] == REKEY && is_up(me, r) -> inherit(r, i)
	:: else
	fi;
	r = 0
}

inline close(i)
{
	concede(i);
	end_ours(i);
	works[AT(me, i)] = false;
	there[AT(me, i)] = false;
	deleting[AT(me, i)] = false;
	has_heir[AT(me, i)] = false;
	delete_wanted[AT(me, i)] = false;
	dropped[AT(me, i)] = false;
	wanted[AT(me, i)] = false;
	children[AT(me, i)] = false;
	request[AT(me, i)] = NOTHING
}

inline take_facts(i)
{
	facts = (ours[AT(me, i)] == REKEY -> WE_REKEY_IKE : 0) |
		(has_heir[AT(me, i)] -> HAS_HEIR : 0) |
		(delete_wanted[AT(me, i)] || deleting[AT(me, i)] ->
			 IKE_IS_DELETED : 0)
}

inline take_request(i)
{
	what = request[AT(OTHER, i)];
	request[AT(OTHER, i)] = NOTHING;
	if
	:: what == DELETE ->
		close(i);
		response[AT(me, i)] = GONE
	:: else ->
		take_facts(i);
		deed = ASKED_REKEY_IKE(facts);
		if
		:: deed == ACCEPT -> works[AT(me, i)] = true
		:: else -> response[AT(me, i)] = LATER
		fi
	fi;
	what = 0;
	facts = 0;
	deed = 0
}

inline finish_work(i)
{
	works[AT(me, i)] = false;
	take_facts(i);
	deed = ANSWERED_IKE(facts);
	if
	:: deed == SAY_LATER -> response[AT(me, i)] = LATER
	:: else ->
		sas++;
		assert(sas < N);
		j = sas;
		there[AT(me, j)] = true;
		if
		:: deed == REMEMBER ->
			rival[AT(me, i)] = rank[OTHER];
			rival_made[AT(me, i)] = j
		:: deed == SPARE -> dropped[AT(me, j)] = true
		:: deed == REPLACE ->
			inherit(j, i);
			dropped[AT(me, i)] = true
		fi;
		response[AT(me, i)] = MADE;
		response_made[AT(me, i)] = j
	fi;
	facts = 0;
	deed = 0;
	j = 0
}

/* Theirs is the only heir; or there is none, and we try again. */
inline give_up(i)
{
	j = rival_made[AT(me, i)];
	end_ours(i);
	if
	:: is_up(me, j) -> inherit(j, i)
	:: else -> wanted[AT(me, i)] = true
	fi;
	j = 0
}

inline take_response(i)
{
	what = response[AT(OTHER, i)];
	j = response_made[AT(OTHER, i)];
	response[AT(OTHER, i)] = NOTHING;
	response_made[AT(OTHER, i)] = 0;
	if
	:: what == GONE ->
		j = 0;
		close(i)
	:: what == MADE ->
		agrees[AT(me, i)] = true;
		made[AT(me, i)] = j;
		j = 0
	:: what == LATER -> give_up(i)
	fi;
	what = 0
}

inline finish_ours(i)
{
	j = made[AT(me, i)];
	there[AT(me, j)] = true;
	if
	:: rival[AT(me, i)] != 0 -> what = rival[AT(me, i)]
	:: rival[AT(me, i)] == 0 && works[AT(me, i)] -> what = rank[OTHER]
	:: else
	fi;
	facts = (what != 0 -> HAS_RIVAL : 0) |
		(what != 0 && rank[me] < what -> OURS_IS_LOWER : 0);
	deed = MADE_IKE(facts);
	r = rival_made[AT(me, i)];
	end_ours(i);
	if
	:: deed == DELETE_NEW ->
		delete_wanted[AT(me, j)] = true;
		if
		:: is_up(me, r) ->
			inherit(r, i);
			dropped[AT(me, i)] = true
		:: else
		fi
	:: else ->
		inherit(j, i);
		delete_wanted[AT(me, i)] = true;
		if
		:: is_up(me, r) -> dropped[AT(me, r)] = true
		:: else
		fi
	fi;
	what = 0;
	facts = 0;
	deed = 0;
	r = 0;
	j = 0
}

/* An operator has no wish to know which of them is the one. */
inline terminate()
{
	deletes--;
	for (k : 1 .. N - 1) {
		if
		:: is_up(me, k) && !has_heir[AT(me, k)] ->
			delete_wanted[AT(me, k)] = true;
			deleted = true
		:: else
		fi
	}
	k = 0
}

#define EACH(i)                                                              \
	:: atomic { rekeys[me] > 0 && is_up(me, i) && !has_heir[AT(me, i)] &&  \
		    !delete_wanted[AT(me, i)] ->                             \
		rekeys[me]--;                                                \
		wanted[AT(me, i)] = true }                                   \
	:: atomic { is_up(me, i) && ours[AT(me, i)] == NOTHING &&            \
		    delete_wanted[AT(me, i)] ->                              \
		ours[AT(me, i)] = DELETE;                                    \
		deleting[AT(me, i)] = true;                                  \
		request[AT(me, i)] = DELETE }                                \
	:: atomic { is_up(me, i) && ours[AT(me, i)] == NOTHING &&            \
		    wanted[AT(me, i)] && !delete_wanted[AT(me, i)] ->        \
		wanted[AT(me, i)] = false;                                   \
		ours[AT(me, i)] = REKEY;                                     \
		request[AT(me, i)] = REKEY }                                 \
	:: atomic { there[AT(me, i)] && request[AT(OTHER, i)] != NOTHING &&  \
		    !works[AT(me, i)] && response[AT(me, i)] == NOTHING ->   \
		take_request(i) }                                            \
	:: atomic { works[AT(me, i)] -> finish_work(i) }                     \
	:: atomic { there[AT(me, i)] && response[AT(OTHER, i)] != NOTHING && \
		    ours[AT(me, i)] != NOTHING && !agrees[AT(me, i)] ->      \
		take_response(i) }                                           \
	:: atomic { agrees[AT(me, i)] -> finish_ours(i) }

proctype side(byte me)
{
	byte j, k, r, what, deed;
	short facts;

end:	do
	:: atomic { deletes > 0 -> terminate() }
	EACH(1)
	EACH(2)
	EACH(3)
	EACH(4)
	EACH(5)
	EACH(6)
	od
}

/* A DELETE that nobody answers, as it comes to nobody, ends by itself. */
#define is_left(s, i)                            \
	(there[AT(s, i)] && !dropped[AT(s, i)] && \
	 !(deleting[AT(s, i)] && !there[AT(1 - s, i)]))

proctype look()
{
	byte i, n;

	atomic { timeout ->
		for (i : 1 .. N - 1) {
			assert(is_left(0, i) == is_left(1, i));
			assert(is_left(0, i) == children[AT(0, i)]);
			assert(is_left(1, i) == children[AT(1, i)]);
			assert(!is_left(0, i) || !deleting[AT(0, i)]);
			assert(!is_left(1, i) || !deleting[AT(1, i)]);
			n = n + is_left(0, i)
		}
		assert(n == 1 || n == 0 && deleted)
	}
}

inline limits(n_rekeys, n_deletes)
{
	rekeys[0] = n_rekeys;
	rekeys[1] = n_rekeys;
	deletes = n_deletes
}

init
{
	atomic {
		if
		:: rank[1] = 1
		:: rank[1] = 3
		fi;
		rank[0] = 2;
		if
		:: limits(2, 0)
		:: limits(1, 2)
#ifdef FULL
		:: limits(2, 1)
#endif
		fi;
		there[AT(0, 1)] = true;
		there[AT(1, 1)] = true;
		children[AT(0, 1)] = true;
		children[AT(1, 1)] = true;
		run side(0);
		run side(1);
		run look()
	}
}
