/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two sides that rekey and delete the CHILD SAs of one IKE SA, whenever they like:
 * what x_child.c, x_info.c and time.c do, with the table of collide.h in front
 * (tools/collisions). Messages are as late as they like, and in any order; lost ones
 * come again, hence are late. An exchange that waits for the SAD or for a key
 * exchange lets the other one go on.
 *
 * When nothing is left to be done, both sides have the same, nothing is still to be
 * deleted by anybody, and nothing has come in the place of what is there. If nothing
 * was deleted or refused, there is one pair. With FULL
 * more may happen.
 */
#define N     10 /* pairs; 0: none */
#define AT(s, p) ((s) * N + (p))
#define OTHER (1 - me)

/* Of a pair on one side. */
#define ABSENT	  0
#define INSTALLED 1
#define DELETING  2

/* Exchanges. */
#define NOTHING 0
#define REKEY	1
#define NEW	2
#define DELETE	3

/* Where an own one is. */
#define WAITS  0
#define ADDS   1
#define DRAINS 2

/* Responses. */
#define MADE	3
#define LATER	4
#define UNKNOWN 5
#define REFUSED 6
#define GONE	7

byte state[2 * N], replaced_by[2 * N];
bool asked[2 * N], confirmed[2 * N], wanted[2 * N];
byte pairs = 1;
byte wishes[2];

byte ours[2], step[2], old[2], made[2], rank[2];
byte rival[2], rival_made[2]; /* its rank; 0: none */
bool works[2], works_on_new[2];
byte peers_old[2], peers_rank[2];

byte request[2], request_pair[2], request_rank[2];
byte response[2], response_pair[2];

byte nonce[2]; /* the lower one of an exchange that it begins */
byte rekeys[2], deletes, failures; /* that are still to come */
bool may_end;

/* Has the peer this one for sure, or will it never? Else it is waited for. */
#define may_be_touched(me, p)                                     \
	(confirmed[AT(me, p)] ||                                  \
	 !((response[me] == MADE && response_pair[me] == p) ||    \
	   ((ours[OTHER] == REKEY || ours[OTHER] == NEW) &&       \
	    step[OTHER] == ADDS && made[OTHER] == p)))

#define is_to_be_deleted(me, p) \
	(state[AT(me, p)] == DELETING && may_be_touched(me, p))
#define is_to_be_rekeyed(me, p)                                    \
	(wanted[AT(me, p)] && state[AT(me, p)] == INSTALLED &&     \
	 replaced_by[AT(me, p)] == 0 && may_be_touched(me, p))

inline end_ours()
{
	ours[me] = NOTHING;
	step[me] = 0;
	old[me] = 0;
	made[me] = 0;
	rank[me] = 0;
	rival[me] = 0;
	rival_made[me] = 0
}

inline remove(p)
{
	state[AT(me, p)] = ABSENT;
	replaced_by[AT(me, p)] = 0;
	asked[AT(me, p)] = false;
	confirmed[AT(me, p)] = false;
	wanted[AT(me, p)] = false;
	/* What it was made in the place of is the one again. */
	for (q : 1 .. N - 1) {
		if
		:: replaced_by[AT(me, q)] == p -> replaced_by[AT(me, q)] = 0
		:: else
		fi
	}
	q = 0
}

inline ask(what, p)
{
	ours[me] = what;
	step[me] = WAITS;
	old[me] = p;
	rank[me] = nonce[me];
	request[me] = what;
	request_pair[me] = p;
	request_rank[me] = rank[me]
}

inline answer(what, p)
{
	response[me] = what;
	response_pair[me] = p
}

/* --- what arrives */

inline confirm_all()
{
	for (q : 1 .. N - 1) {
		if
		:: state[AT(me, q)] != ABSENT -> confirmed[AT(me, q)] = true
		:: else
		fi
	}
	q = 0
}

inline take_request()
{
	what = request[OTHER];
	p = request_pair[OTHER];
	request[OTHER] = NOTHING;
	request_pair[OTHER] = 0;
	confirm_all();
	if
	:: what == DELETE ->
		if
		:: state[AT(me, p)] != ABSENT && !asked[AT(me, p)] -> remove(p)
		:: else
		fi;
		answer(GONE, p)
	:: what == NEW ->
		works[me] = true;
		works_on_new[me] = true
	:: what == REKEY ->
		facts = (state[AT(me, p)] == ABSENT -> CHILD_IS_UNKNOWN : 0) |
			(state[AT(me, p)] == DELETING -> CHILD_IS_DELETED : 0) |
			(ours[me] == REKEY || ours[me] == NEW -> WE_MAKE_IT :
								 0);
		deed = ASKED_REKEY_CHILD(facts);
		if
		:: deed == SAY_LATER -> answer(LATER, p)
		:: deed == SAY_UNKNOWN -> answer(UNKNOWN, p)
		:: deed == ACCEPT ->
			works[me] = true;
			peers_old[me] = p;
			peers_rank[me] = request_rank[OTHER]
		fi
	fi;
	request_rank[OTHER] = 0;
	what = 0;
	p = 0;
	facts = 0;
	deed = 0
}

inline end_works()
{
	works[me] = false;
	works_on_new[me] = false;
	peers_old[me] = 0;
	peers_rank[me] = 0
}

inline finish_work()
{
	p = peers_old[me];
	pairs++;
	assert(pairs < N);
	state[AT(me, pairs)] = INSTALLED;
	facts = (ours[me] == REKEY && p != 0 && old[me] == p -> WE_REKEY_IT : 0);
	deed = ANSWERED_CHILD(facts);
	if
	:: p != 0 && state[AT(me, p)] != ABSENT ->
		replaced_by[AT(me, p)] = pairs
	:: else
	fi;
	if
	:: deed == REMEMBER ->
		rival[me] = peers_rank[me];
		rival_made[me] = pairs
	:: else
	fi;
	answer(MADE, pairs);
	end_works();
	p = 0;
	facts = 0;
	deed = 0
}

inline fail_work()
{
	failures--;
	p = peers_old[me];
	if
	:: p != 0 && state[AT(me, p)] != ABSENT &&
		    !(ours[me] == REKEY && old[me] == p) ->
		wanted[AT(me, p)] = true
	:: else
	fi;
	answer(REFUSED, 0);
	end_works();
	p = 0
}

inline again(p_old)
{
	if
	:: p_old != 0 && state[AT(me, p_old)] != ABSENT ->
		wanted[AT(me, p_old)] = true
	:: else
	fi
}

inline start_anew(p_old)
{
	end_ours();
	if
	:: p_old == 0 || state[AT(me, p_old)] == ABSENT ||
		    replaced_by[AT(me, p_old)] != 0
	:: else ->
		if
		:: confirmed[AT(me, p_old)] -> remove(p_old)
		:: else -> state[AT(me, p_old)] = DELETING
		fi;
		ask(NEW, 0)
	fi
}

inline take_response()
{
	what = response[OTHER];
	p = old[me];
	if
	:: what == GONE ->
		if
		:: state[AT(me, p)] != ABSENT -> remove(p)
		:: else
		fi;
		end_ours()
	:: what == MADE ->
		step[me] = ADDS;
		made[me] = response_pair[OTHER]
	:: else ->
		facts = (what == UNKNOWN -> SAYS_UNKNOWN : 0) |
			(what == LATER -> SAYS_LATER : 0);
		deed = REFUSED_CHILD(facts);
		if
		:: deed == ANEW -> start_anew(p)
		:: else ->
			if
			:: deed == AGAIN_SOON && p == 0 -> wishes[me]++
			:: else
			fi;
			again(p);
			end_ours()
		fi
	fi;
	response[OTHER] = NOTHING;
	response_pair[OTHER] = 0;
	what = 0;
	p = 0;
	facts = 0;
	deed = 0
}

/* --- what is made */

inline finish_ours()
{
	p = old[me];
	state[AT(me, made[me])] = INSTALLED;
	confirmed[AT(me, made[me])] = true;
	facts = 0;
	if
	:: rival[me] != 0 && (state[AT(me, rival_made[me])] != ABSENT ||
			      state[AT(me, p)] == ABSENT) ->
		facts = HAS_RIVAL | (rank[me] < rival[me] -> OURS_IS_LOWER : 0)
	:: else ->
		if
		:: works[me] && p != 0 && peers_old[me] == p ->
			facts = HAS_RIVAL |
				(rank[me] < peers_rank[me] -> OURS_IS_LOWER : 0)
		:: else
		fi
	fi;
	deed = MADE_CHILD(facts);
	if
	:: deed == DELETE_NEW -> state[AT(me, made[me])] = DELETING
	:: else ->
		if
		:: p != 0 && state[AT(me, p)] != ABSENT ->
			state[AT(me, p)] = DELETING
		:: else
		fi
	fi;
	end_ours();
	p = 0;
	facts = 0;
	deed = 0
}

inline fail_ours()
{
	failures--;
	p = old[me];
	state[AT(me, made[me])] = DELETING;
	confirmed[AT(me, made[me])] = true;
	again(p);
	end_ours();
	p = 0
}

/* --- what begins */

inline send_delete()
{
	p = old[me];
	if
	:: state[AT(me, p)] != ABSENT ->
		asked[AT(me, p)] = true;
		ask(DELETE, p)
	:: else -> end_ours()
	fi;
	p = 0
}

#define nothing_to_delete(me)                                                \
	(!is_to_be_deleted(me, 1) && !is_to_be_deleted(me, 2) &&            \
	 !is_to_be_deleted(me, 3) && !is_to_be_deleted(me, 4) &&            \
	 !is_to_be_deleted(me, 5) && !is_to_be_deleted(me, 6) &&            \
	 !is_to_be_deleted(me, 7) && !is_to_be_deleted(me, 8) &&            \
	 !is_to_be_deleted(me, 9))

/* What may be done with each pair, whichever comes first; but deleting it. */
#define EACH(n)                                                              \
	:: atomic { rekeys[me] > 0 && state[AT(me, n)] == INSTALLED ->      \
		rekeys[me]--;                                                \
		wanted[AT(me, n)] = true }                                   \
	:: atomic { deletes > 0 && state[AT(me, n)] == INSTALLED ->         \
		deletes--;                                                   \
		state[AT(me, n)] = DELETING }                                \
	:: atomic { ours[me] == NOTHING && is_to_be_deleted(me, n) ->       \
		ours[me] = DELETE;                                           \
		old[me] = n;                                                 \
		step[me] = DRAINS }                                          \
	:: atomic { ours[me] == NOTHING && is_to_be_rekeyed(me, n) &&       \
		    nothing_to_delete(me) ->                                 \
		wanted[AT(me, n)] = false;                                   \
		ask(REKEY, n) }

proctype side(byte me)
{
	byte p, q, what, deed;
	short facts;

end:	do
	EACH(1)
	EACH(2)
	EACH(3)
	EACH(4)
	EACH(5)
	EACH(6)
	EACH(7)
	EACH(8)
	EACH(9)
	:: atomic { ours[me] == NOTHING && wishes[me] > 0 &&
		    nothing_to_delete(me) ->
		wishes[me]--;
		ask(NEW, 0) }
	:: atomic { ours[me] == DELETE && step[me] == DRAINS -> send_delete() }
	:: atomic { request[OTHER] != NOTHING && !works[me] &&
		    response[me] == NOTHING && step[me] != ADDS ->
		take_request() }
	:: atomic { works[me] -> finish_work() }
	:: atomic { works[me] && failures > 0 -> fail_work() }
	:: atomic { response[OTHER] != NOTHING && ours[me] != NOTHING &&
		    step[me] == WAITS -> take_response() }
	:: atomic { step[me] == ADDS -> finish_ours() }
	:: atomic { step[me] == ADDS && failures > 0 -> fail_ours() }
	od
}

proctype look()
{
	byte i, n;

	atomic { timeout ->
		for (i : 1 .. N - 1) {
			assert((state[AT(0, i)] == ABSENT) ==
			       (state[AT(1, i)] == ABSENT));
			assert(state[AT(0, i)] != DELETING);
			assert(state[AT(1, i)] != DELETING);
			assert(replaced_by[AT(0, i)] == 0);
			assert(replaced_by[AT(1, i)] == 0);
			n = n + (state[AT(0, i)] == INSTALLED -> 1 : 0)
		}
		assert(ours[0] == NOTHING && ours[1] == NOTHING);
		assert(n == 1 || n == 0 && may_end)
	}
}

inline limits(n_rekeys, n_deletes, n_failures)
{
	rekeys[0] = n_rekeys;
	rekeys[1] = n_rekeys;
	deletes = n_deletes;
	failures = n_failures;
	may_end = (n_deletes + n_failures > 0)
}

init
{
	atomic {
		nonce[0] = 2;
		if
		:: nonce[1] = 1
		:: nonce[1] = 3
		fi;
		if
		:: limits(3, 0, 0)
		:: limits(2, 1, 0)
		:: limits(2, 0, 1)
#ifdef FULL
		:: limits(2, 1, 1)
#endif
		fi;
		state[AT(0, 1)] = INSTALLED;
		state[AT(1, 1)] = INSTALLED;
		confirmed[AT(0, 1)] = true;
		confirmed[AT(1, 1)] = true;
		run side(0);
		run side(1);
		run look()
	}
}
