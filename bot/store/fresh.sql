CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

CREATE TABLE inbox (
	id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	event_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	conversation TEXT, 
	resident TEXT, 
	message_id TEXT, 
	occurred_at BIGINT NOT NULL, 
	received_at BIGINT NOT NULL, 
	reply_token TEXT, 
	body TEXT NOT NULL, 
	status TEXT NOT NULL, 
	due_at BIGINT NOT NULL, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	in_flight BOOLEAN DEFAULT false NOT NULL, 
	outcome_unknown BOOLEAN DEFAULT false NOT NULL, 
	forget BOOLEAN DEFAULT false NOT NULL, 
	messages TEXT, 
	outcome TEXT, 
	question_id TEXT, 
	settled_at BIGINT, 
	CONSTRAINT pk_inbox PRIMARY KEY (id), 
	CONSTRAINT uq_inbox_account_event_id UNIQUE (account, event_id)
);

CREATE TABLE conversations (
	account TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	state TEXT NOT NULL, 
	updated_at BIGINT NOT NULL, 
	CONSTRAINT pk_conversations PRIMARY KEY (account, "key")
);

CREATE INDEX ix_conversations_updated_at ON conversations (updated_at);

CREATE TABLE questions (
	id TEXT NOT NULL, 
	account TEXT NOT NULL, 
	day TEXT NOT NULL, 
	text TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	candidates TEXT NOT NULL, 
	CONSTRAINT pk_questions PRIMARY KEY (id)
);

CREATE INDEX ix_questions_day ON questions (day);

CREATE TABLE pulse (
	id INTEGER NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_pulse PRIMARY KEY (id)
);

CREATE TABLE residents (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	account TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	topics BIGINT DEFAULT 0 NOT NULL, 
	life_stages BIGINT DEFAULT 0 NOT NULL, 
	district TEXT DEFAULT '' NOT NULL, 
	language TEXT DEFAULT '' NOT NULL, 
	has_children BOOLEAN DEFAULT false NOT NULL, 
	quiet_start INTEGER, 
	quiet_end INTEGER, 
	monthly_cap INTEGER, 
	known_at BIGINT NOT NULL, 
	chosen_at BIGINT DEFAULT 0 NOT NULL, 
	CONSTRAINT uq_residents_account_user_id UNIQUE (account, user_id)
);

CREATE INDEX ix_residents_segment ON residents (account, topics, life_stages, district, language, has_children);

CREATE TABLE resident_children (
	resident INTEGER NOT NULL, 
	month INTEGER NOT NULL, 
	CONSTRAINT pk_resident_children PRIMARY KEY (resident, month), 
	FOREIGN KEY(resident) REFERENCES residents (id) ON DELETE CASCADE
);

CREATE INDEX ix_resident_children_month ON resident_children (month, resident);

CREATE TABLE choice_bits (
	attribute TEXT NOT NULL, 
	value TEXT NOT NULL, 
	mask BIGINT NOT NULL, 
	CONSTRAINT pk_choice_bits PRIMARY KEY (attribute, value), 
	CONSTRAINT uq_choice_bits_attribute_mask UNIQUE (attribute, mask)
);

CREATE TABLE erasures (
	digest TEXT NOT NULL, 
	erased_at BIGINT NOT NULL, 
	CONSTRAINT pk_erasures PRIMARY KEY (digest)
);

CREATE TABLE installation_keys (
	name TEXT NOT NULL, 
	value BLOB NOT NULL, 
	CONSTRAINT pk_installation_keys PRIMARY KEY (name)
);

CREATE TABLE announcements (
	id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	state TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	title TEXT NOT NULL, 
	author TEXT NOT NULL, 
	source TEXT NOT NULL, 
	draft TEXT NOT NULL, 
	frozen TEXT, 
	corrects INTEGER, 
	series INTEGER, 
	two_people BOOLEAN NOT NULL, 
	approved_by TEXT DEFAULT '' NOT NULL, 
	approved_at BIGINT, 
	due_at BIGINT, 
	expires_at BIGINT, 
	expanding_until BIGINT DEFAULT 0 NOT NULL, 
	ready BOOLEAN DEFAULT false NOT NULL, 
	started_at BIGINT, 
	finished_at BIGINT, 
	reason TEXT DEFAULT '' NOT NULL, 
	created_at BIGINT NOT NULL, 
	CONSTRAINT pk_announcements PRIMARY KEY (id), 
	CONSTRAINT uq_announcements_series_due_at UNIQUE (series, due_at), 
	FOREIGN KEY(corrects) REFERENCES announcements (id), 
	FOREIGN KEY(series) REFERENCES announcements (id)
);

CREATE INDEX ix_announcements_state ON announcements (account, state);

CREATE TABLE batches (
	id INTEGER NOT NULL, 
	announcement INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	channel TEXT NOT NULL, 
	variant TEXT NOT NULL, 
	quiet_start INTEGER, 
	quiet_end INTEGER, 
	state TEXT NOT NULL, 
	size INTEGER NOT NULL, 
	retry_key TEXT, 
	recipients TEXT, 
	due_at BIGINT NOT NULL, 
	attempts INTEGER DEFAULT 0 NOT NULL, 
	first_at BIGINT, 
	in_flight BOOLEAN DEFAULT false NOT NULL, 
	outcome_unknown BOOLEAN DEFAULT false NOT NULL, 
	settled_at BIGINT, 
	request_id TEXT, 
	error TEXT, 
	CONSTRAINT pk_batches PRIMARY KEY (id), 
	CONSTRAINT uq_batches_announcement_number UNIQUE (announcement, number), 
	FOREIGN KEY(announcement) REFERENCES announcements (id)
);

CREATE INDEX ix_batches_due ON batches (due_at) WHERE settled_at IS NULL;

CREATE TABLE recipients (
	batch INTEGER NOT NULL, 
	resident INTEGER NOT NULL, 
	CONSTRAINT pk_recipients PRIMARY KEY (batch, resident), 
	FOREIGN KEY(batch) REFERENCES batches (id)
)
 WITHOUT ROWID

;

CREATE TABLE pace (
	account TEXT NOT NULL, 
	name TEXT NOT NULL, 
	next_us BIGINT NOT NULL, 
	CONSTRAINT pk_pace PRIMARY KEY (account, name)
);

CREATE TABLE audit (
	id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	what TEXT NOT NULL, 
	object TEXT NOT NULL, 
	object_id TEXT NOT NULL, 
	"before" TEXT NOT NULL, 
	"after" TEXT NOT NULL, 
	note TEXT DEFAULT '' NOT NULL, 
	CONSTRAINT pk_audit PRIMARY KEY (id)
);

CREATE INDEX ix_audit_object ON audit (object, object_id);

CREATE TABLE testers (
	account TEXT NOT NULL, 
	name TEXT NOT NULL, 
	resident INTEGER NOT NULL, 
	CONSTRAINT pk_testers PRIMARY KEY (account, name)
);

CREATE TABLE templates (
	account TEXT NOT NULL, 
	name TEXT NOT NULL, 
	source TEXT NOT NULL, 
	author TEXT NOT NULL, 
	approved_by TEXT DEFAULT '' NOT NULL, 
	approved_at BIGINT, 
	CONSTRAINT pk_templates PRIMARY KEY (account, name)
);

CREATE TABLE feed_items (
	account TEXT NOT NULL, 
	item TEXT NOT NULL, 
	announcement INTEGER NOT NULL, 
	CONSTRAINT pk_feed_items PRIMARY KEY (account, item), 
	FOREIGN KEY(announcement) REFERENCES announcements (id)
);

CREATE TABLE staff_sessions (
	digest TEXT NOT NULL, 
	staff INTEGER NOT NULL, 
	stage TEXT NOT NULL, 
	setup_secret TEXT, 
	created_at BIGINT NOT NULL, 
	seen_at BIGINT NOT NULL, 
	confirmed_at BIGINT NOT NULL, 
	CONSTRAINT pk_staff_sessions PRIMARY KEY (digest), 
	FOREIGN KEY(staff) REFERENCES staff (id) ON DELETE CASCADE
);

CREATE INDEX ix_staff_sessions_staff ON staff_sessions (staff);

CREATE TABLE sign_in_attempts (
	"key" TEXT NOT NULL, 
	failures INTEGER NOT NULL, 
	last_at BIGINT NOT NULL, 
	locked_until BIGINT NOT NULL, 
	CONSTRAINT pk_sign_in_attempts PRIMARY KEY ("key")
);

CREATE TRIGGER audit_keeps_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TRIGGER audit_keeps_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TABLE settings_keys (
	digest TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	account TEXT NOT NULL, 
	user_id TEXT NOT NULL, 
	expires_at BIGINT NOT NULL, 
	CONSTRAINT pk_settings_keys PRIMARY KEY (digest)
);

CREATE INDEX ix_settings_keys_user_id ON settings_keys (user_id);

CREATE TABLE chores (
	name TEXT NOT NULL, 
	due_at BIGINT NOT NULL, 
	CONSTRAINT pk_chores PRIMARY KEY (name)
);

CREATE TABLE "content_versions" (
	id INTEGER NOT NULL, 
	hash TEXT NOT NULL, 
	bundle BLOB NOT NULL, 
	created_at BIGINT NOT NULL, 
	good BOOLEAN NOT NULL, 
	account TEXT DEFAULT 'main' NOT NULL, 
	CONSTRAINT pk_content_versions PRIMARY KEY (id), 
	CONSTRAINT uq_content_versions_account_hash UNIQUE (account, hash)
);

CREATE INDEX ix_inbox_due ON inbox (account, due_at, id) WHERE settled_at IS NULL;

CREATE INDEX ix_inbox_order ON inbox (account, conversation, occurred_at, id) WHERE settled_at IS NULL;

CREATE INDEX ix_inbox_resident ON inbox (account, resident);

CREATE INDEX ix_inbox_message_id ON inbox (account, message_id);

CREATE TABLE segment_sizes (
	account TEXT NOT NULL, 
	day TEXT NOT NULL, 
	name TEXT NOT NULL, 
	low INTEGER NOT NULL, 
	high INTEGER NOT NULL, 
	CONSTRAINT pk_segment_sizes PRIMARY KEY (account, day, name)
);

CREATE TABLE announcement_results (
	announcement INTEGER NOT NULL, 
	opened INTEGER, 
	clicked INTEGER, 
	asked_at BIGINT NOT NULL, 
	CONSTRAINT pk_announcement_results PRIMARY KEY (announcement), 
	FOREIGN KEY(announcement) REFERENCES announcements (id)
);

CREATE TABLE images (
	account TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	words TEXT NOT NULL, 
	width INTEGER NOT NULL, 
	height INTEGER NOT NULL, 
	size INTEGER NOT NULL, 
	who TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	data BLOB NOT NULL, 
	CONSTRAINT pk_images PRIMARY KEY (account, digest)
);

CREATE TABLE reactions (
	id TEXT NOT NULL, 
	account TEXT NOT NULL, 
	day TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	item TEXT NOT NULL, 
	shown TEXT NOT NULL, 
	CONSTRAINT pk_reactions PRIMARY KEY (id)
);

CREATE INDEX ix_reactions_day ON reactions (day);

CREATE TABLE link_checks (
	account TEXT NOT NULL, 
	url TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	status INTEGER, 
	text TEXT NOT NULL, 
	used_by TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_link_checks PRIMARY KEY (account, url)
);

CREATE TABLE "staff" (
	id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, 
	name TEXT NOT NULL, 
	password TEXT NOT NULL, 
	role TEXT NOT NULL, 
	sections TEXT NOT NULL, 
	totp_secret TEXT, 
	totp_step BIGINT DEFAULT 0 NOT NULL, 
	disabled BOOLEAN DEFAULT (false) NOT NULL, 
	created_at BIGINT NOT NULL, 
	account TEXT DEFAULT 'main' NOT NULL, 
	CONSTRAINT uq_staff_account_name UNIQUE (account, name)
);

CREATE TABLE "content_files" (
	path TEXT NOT NULL, 
	digest TEXT NOT NULL, 
	data BLOB NOT NULL, 
	changed_at BIGINT NOT NULL, 
	account TEXT DEFAULT 'main' NOT NULL, 
	CONSTRAINT pk_content_files PRIMARY KEY (account, path)
);

CREATE TABLE "question_marks" (
	digest TEXT NOT NULL, 
	mark TEXT NOT NULL, 
	who TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	account TEXT DEFAULT 'main' NOT NULL, 
	CONSTRAINT pk_question_marks PRIMARY KEY (account, digest)
);

CREATE TABLE "content_changes" (
	id INTEGER NOT NULL, 
	path TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	who TEXT NOT NULL, 
	why TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	before_digest TEXT NOT NULL, 
	after_digest TEXT NOT NULL, 
	"before" BLOB NOT NULL, 
	"after" BLOB NOT NULL, 
	account TEXT DEFAULT 'main' NOT NULL, 
	CONSTRAINT pk_content_changes PRIMARY KEY (id)
);

CREATE INDEX ix_content_changes_path ON content_changes (account, path, id)
