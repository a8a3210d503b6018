-- What each list costs, with everything selected.
-- Query.collaborators: 4263d5 4263d5 9f754d b37865 c99b4b 767b51
-- Query.conversions: 4263d5 4263d5 9abd26 8d5778 c6af76 926518 2f3a94 371a20
-- Query.distributions: e6d725 5c69e5 d256d0
-- Query.distributors: 8e030f 9bc4a0
-- Query.engagements: 068ca3 d8a36f 926518 d10d91 e9cd17 d21483
-- Query.fulfillments: 6f1b31 6b4085
-- Query.notes: 4263d5 6b21d0 d14797 fad8bb
-- Query.obligations: 4263d5 45f2ae 4d7507 aeab9a 3678c6 926518
-- Query.opportunities: bfacf5 d21483 d43f08
-- Query.payouts: 4263d5 b4cc07 04ce02 926518 628c7d
-- Query.programs: 4263d5 6bcb95 364a66 11c146
-- Query.transactions: 312529 b7c084 2f3a94 41d639 d21483
-- Collaborator.allocations of many: 4263d5 f6fcc0 8d5778 52b0bf 926518 c99b4b 219648
-- Collaborator.conversions of many: 4263d5 4263d5 a6e4e8 8d5778 926518 c99b4b 2f3a94 371a20 6906a8
-- Collaborator.engagements of many: 929f0a d8a36f 926518 c99b4b d10d91 d21483 51f977
-- Collaborator.notes of many: 4263d5 656f53 cb66f8 fad8bb c99b4b
-- Collaborator.obligations of many: 4263d5 103ba8 4d7507 3678c6 926518 c99b4b 87b7c3
-- Collaborator.payouts of many: 4263d5 a9a013 926518 c99b4b 628c7d 70c49e
-- Conversion.notes of many: 4263d5 17924d 4b1e81 fad8bb c6af76
-- Distribution.allocations of many: 4263d5 42c073 8d5778 52b0bf 5c69e5 926518 151080
-- Distribution.notes of many: 4263d5 41d3f0 03ab3e fad8bb 5c69e5
-- Distributor.distributions of many: 088c76 d256d0 9bc4a0 2c3b93
-- Distributor.notes of many: 4263d5 8b2a27 bfce82 fad8bb 9bc4a0
-- Engagement.notes of many: 4263d5 401a69 9282ab fad8bb d11b39
-- Fulfillment.notes of many: 4263d5 81d0f4 371748 fad8bb 6b4085
-- Fulfillment.payouts of many: 4263d5 e22bb4 926518 628c7d 6b4085 5d60fb
-- Obligation.notes of many: 4263d5 dfd24b a0d244 fad8bb aeab9a
-- Opportunity.engagements of many: d8a36f 926518 d10d91 d21483 d43f08 d48cb9 bff6c3
-- Opportunity.notes of many: 4263d5 64bdd9 9a7275 fad8bb d43f08
-- Opportunity.transactions of many: b7c084 2f3a94 d21483 d43f08 ab2d38 6b2b08
-- Payout.notes of many: 4263d5 2bd1f6 3aa55f fad8bb 04ce02
-- Payout.obligations of many: 4263d5 4d7507 04ce02 3678c6 926518 0d3935 d44ee5
-- Program.engagements of many: d8a36f 926518 d10d91 11c146 d21483 3b269a 528585
-- Program.notes of many: 4263d5 c94e87 3b2624 fad8bb 11c146
-- Transaction.conversions of many: 4263d5 4263d5 8d5778 926518 2f3a94 41d639 371a20 b6d94b 7832ab
-- Transaction.notes of many: 4263d5 c7e3ad 9c1fae fad8bb 41d639
-- Collaborator.allocations, long: 4263d5 f6fcc0 8d5778 52b0bf 3aeeb0 926518 219648
-- Collaborator.conversions, long: 4263d5 4263d5 a6e4e8 8d5778 3aeeb0 926518 2f3a94 371a20 6906a8
-- Collaborator.engagements, long: 929f0a d8a36f 3aeeb0 926518 d10d91 d21483 51f977
-- Collaborator.notes, long: 4263d5 656f53 cb66f8 fad8bb 3aeeb0
-- Collaborator.obligations, long: 4263d5 103ba8 4d7507 3678c6 3aeeb0 926518 87b7c3
-- Collaborator.payouts, long: 4263d5 a9a013 3aeeb0 926518 628c7d 70c49e
-- Conversion.notes, long: 4263d5 17924d 4b1e81 fad8bb 09cbf6
-- Distribution.allocations, long: 4263d5 42c073 8d5778 4a39a3 52b0bf 926518 151080
-- Distribution.notes, long: 4263d5 41d3f0 03ab3e fad8bb 4a39a3
-- Distributor.distributions, long: 088c76 4e92ee d256d0 2c3b93
-- Distributor.notes, long: 4263d5 8b2a27 bfce82 fad8bb 4e92ee
-- Engagement.notes, long: 4263d5 401a69 9282ab fad8bb 793ecc
-- Fulfillment.notes, long: 4263d5 81d0f4 371748 fad8bb bcb308
-- Fulfillment.payouts, long: 4263d5 e22bb4 926518 bcb308 628c7d 5d60fb
-- Obligation.notes, long: 4263d5 dfd24b a0d244 fad8bb 010b5d
-- Opportunity.engagements, long: d8a36f 926518 d10d91 43ab7b d21483 d48cb9 bff6c3
-- Opportunity.notes, long: 4263d5 64bdd9 9a7275 fad8bb 43ab7b
-- Opportunity.transactions, long: b7c084 2f3a94 43ab7b d21483 ab2d38 6b2b08
-- Payout.notes, long: 4263d5 2bd1f6 3aa55f fad8bb 162ff4
-- Payout.obligations, long: 4263d5 162ff4 4d7507 3678c6 926518 0d3935 d44ee5
-- Program.engagements, long: d8a36f 926518 538236 d10d91 d21483 3b269a 528585
-- Program.notes, long: 4263d5 c94e87 3b2624 fad8bb 538236
-- Transaction.conversions, long: 4263d5 4263d5 8d5778 926518 0ca3ae 2f3a94 371a20 b6d94b 7832ab
-- Transaction.notes, long: 4263d5 c7e3ad 9c1fae fad8bb 0ca3ae
-- Query.bindings: 4263d5 4263d5 d8a36f 926518 d10d91 c0ba1a d21483
-- Query.nodes: 4263d5 4263d5 d8a36f 926518 d10d91 371a20 d21483

-- 4263d5
select 'collaborator' as type, t.id, case when t.status = 'deleted' then 'Collaborator #' || t.id else coalesce(t.nickname, t.full_name) end as name from collaborator t where t.organization_id = $1 and t.id = $2::bigint union all select 'program' as type, t.id, case when t.status = 'deleted' then 'Program #' || t.id else t.name end as name from program t where t.organization_id = $1 and t.id = $3::bigint union all select 'distributor' as type, t.id, case when t.status = 'deleted' then 'Distributor #' || t.id else t.name end as name from distributor t where t.organization_id = $1 and t.id = $4::bigint union all select 'organization' as type, t.id, t.name as name from organization t where t.id = $1 and t.id = $5::bigint;

-- 9f754d
select a.id as "id", a.collaborator_id as "collaboratorId", a.type as "type", a.code as "code", a.issued_date as "issuedDate", a.retired_date as "retiredDate" from collaborator_alias a join collaborator t on t.organization_id = a.organization_id and t.id = a.collaborator_id where a.organization_id = $1 and a.collaborator_id = $2::bigint order by a.id;

-- b37865
select count(*) as count from "collaborator" t where t.organization_id = $1;

-- 9abd26
select count(*) as count from "conversion" t where t.organization_id = $1;

-- e6d725
select count(*) as count from "distribution" t where t.organization_id = $1;

-- 8e030f
select count(*) as count from "distributor" t where t.organization_id = $1;

-- 068ca3
select count(*) as count from "engagement" t where t.organization_id = $1;

-- 6f1b31
select count(*) as count from "fulfillment" t where t.organization_id = $1;

-- 45f2ae
select count(*) as count from "obligation" t where t.organization_id = $1;

-- bfacf5
select count(*) as count from "opportunity" t where t.organization_id = $1;

-- b4cc07
select count(*) as count from "payout" t where t.organization_id = $1;

-- 6bcb95
select count(*) as count from "program" t where t.organization_id = $1;

-- 312529
select count(*) as count from "transaction" t where t.organization_id = $1;

-- 6b21d0
select count(*) as count from (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator') f;

-- 364a66
select e.program_id as "programId", e.type, e.value from program_engagement_type e join program t on t.organization_id = e.organization_id and t.id = e.program_id where e.organization_id = $1 and e.program_id = $2::bigint order by e.type;

-- 64bdd9
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'opportunity' and s.source_id = any (array (select o.id from opportunity o where o.organization_id = $1 and o.merged_into_id = k.key::bigint) || k.key::bigint) order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 656f53
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 17924d
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'conversion' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 41d3f0
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'distribution' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 8b2a27
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'distributor' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 401a69
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'engagement' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 81d0f4
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'fulfillment' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- dfd24b
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'obligation' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 2bd1f6
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'payout' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- c94e87
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'program' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- c7e3ad
select f.partition, n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select k.key as partition, f.* from unnest($2::bigint[]) as k(key) cross join lateral (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'transaction' and s.source_id = k.key::bigint order by date_created asc, note_id asc limit n) f) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.partition, f.date_created asc, f.note_id asc;

-- 9a7275
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'opportunity' and s.source_id = any (array (select o.id from opportunity o where o.organization_id = $1 and o.merged_into_id = k.key::bigint) || k.key::bigint)) f) f;

-- cb66f8
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = k.key::bigint) f) f;

-- 4b1e81
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'conversion' and s.source_id = k.key::bigint) f) f;

-- 03ab3e
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'distribution' and s.source_id = k.key::bigint) f) f;

-- bfce82
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'distributor' and s.source_id = k.key::bigint) f) f;

-- 9282ab
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'engagement' and s.source_id = k.key::bigint) f) f;

-- 371748
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'fulfillment' and s.source_id = k.key::bigint) f) f;

-- a0d244
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'obligation' and s.source_id = k.key::bigint) f) f;

-- 3aa55f
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'payout' and s.source_id = k.key::bigint) f) f;

-- 3b2624
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'program' and s.source_id = k.key::bigint) f) f;

-- 9c1fae
select k.key as id, f.count from unnest($2::bigint[]) as k(key) cross join lateral (select count(*) as count from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'transaction' and s.source_id = k.key::bigint) f) f;

-- b7c084
select l.id as "id", l.transaction_id as "transactionId", l.external_id as "externalId", l.name as "name", l.description as "description", l.type as "type", l.value as "value", l.quantity as "quantity", l.units as "units", l.attributes as "attributes" from line_item l where l.organization_id = $1 and l.transaction_id = $2::bigint order by l.id;

-- d14797
select n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' order by date_created asc, note_id asc limit n) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.date_created asc, f.note_id asc;

-- fad8bb
select p.note_id as id, (sum((select count(*) from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = $3::bigint) f where (f.date_created, f.note_id) < (p.date_created, p.note_id) and (f.date_created, f.note_id) >= (p.previous_date_created, p.previous_note_id))) over (order by date_created, note_id))::bigint as position from (select l.*, lag(l.date_created, 1, '-infinity') over (order by date_created, note_id) as previous_date_created, lag(l.note_id, 1, 0::bigint) over (order by date_created, note_id) as previous_note_id from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = $3::bigint) l where l.note_id = $2::bigint) p;

-- f6fcc0
select t.collaborator_id as partition, count(*) as count from "allocation" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- a6e4e8
select t.collaborator_id as partition, count(*) as count from "conversion" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- 929f0a
select t.collaborator_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- 103ba8
select t.collaborator_id as partition, count(*) as count from "obligation" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- a9a013
select t.collaborator_id as partition, count(*) as count from "payout" t where t.organization_id = $1 and t.collaborator_id = $2::bigint group by t.collaborator_id;

-- 42c073
select t.distribution_id as partition, count(*) as count from "allocation" t where t.organization_id = $1 and t.distribution_id = $2::bigint group by t.distribution_id;

-- 088c76
select t.distributor_id as partition, count(*) as count from "distribution" t where t.organization_id = $1 and t.distributor_id = $2::bigint group by t.distributor_id;

-- e22bb4
select t.fulfillment_id as partition, count(*) as count from "payout" t where t.organization_id = $1 and t.fulfillment_id = $2::bigint group by t.fulfillment_id;

-- 162ff4
select t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 4d7507
select t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 04ce02
select t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 010b5d
select t.id as "id", t.collaborator_id as "collaboratorId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 8d5778
select t.id as "id", t.collaborator_id as "collaboratorId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- aeab9a
select t.id as "id", t.collaborator_id as "collaboratorId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 4a39a3
select t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.revenue as "revenue", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 52b0bf
select t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.revenue as "revenue", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 5c69e5
select t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.revenue as "revenue", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- d8a36f
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 and t.engagement_id = $2::bigint) t;

-- 09cbf6
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 3678c6
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 and t.obligation_id = $2::bigint) t;

-- c6af76
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 3aeeb0
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "collaborator" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 926518
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "collaborator" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- c99b4b
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "collaborator" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 538236
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "program" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- d10d91
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "program" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 11c146
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "program" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 767b51
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified", n.collaborator_id as "collaboratorId" from enrollment n join program t on t.organization_id = n.organization_id and t.id = n.program_id where n.organization_id = $1 and n.collaborator_id = $2::bigint order by t.id;

-- 4e92ee
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- d256d0
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 9bc4a0
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 0ca3ae
select t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 2f3a94
select t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 41d639
select t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 793ecc
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 371a20
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- c0ba1a
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 and t.opportunity_id = $2::bigint and t.program_id = $3::bigint and t.status = 'active' order by t.date_created asc, t.id asc limit n) t order by t.date_created asc, t.id asc;

-- d11b39
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- e9cd17
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", coalesce(collaborator.name, 'another collaborator') as "collaboratorName", coalesce(program.name, 'another program') as "programName" from (select t.* from "engagement" t where t.organization_id = $1 order by t.id desc limit n) t left join lateral (select case when collaborator.status = 'deleted' then 'Collaborator #' || collaborator.id else coalesce(collaborator.nickname, collaborator.full_name) end as name from collaborator where collaborator.organization_id = $1 and collaborator.id = t.collaborator_id limit n) collaborator on true left join lateral (select case when program.status = 'deleted' then 'Program #' || program.id else program.name end as name from program where program.organization_id = $1 and program.id = t.program_id) program on true order by t.id desc;

-- bcb308
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 628c7d
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- 6b4085
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 43ab7b
select t.id as "id", t.status as "status", t.user_id as "userId", t.merged_into_id as "mergedIntoId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- d21483
select t.id as "id", t.status as "status", t.user_id as "userId", t.merged_into_id as "mergedIntoId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = $2::bigint) t;

-- d43f08
select t.id as "id", t.status as "status", t.user_id as "userId", t.merged_into_id as "mergedIntoId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- d48cb9
select t.opportunity_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.opportunity_id = $2::bigint group by t.opportunity_id;

-- ab2d38
select t.opportunity_id as partition, count(*) as count from "transaction" t where t.organization_id = $1 and t.opportunity_id = $2::bigint group by t.opportunity_id;

-- 70c49e
select t.partition, t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "payout" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 5d60fb
select t.partition, t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "payout" t where t.organization_id = $1 and t.fulfillment_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 87b7c3
select t.partition, t.id as "id", t.collaborator_id as "collaboratorId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "obligation" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 0d3935
select t.partition, t.id as "id", t.collaborator_id as "collaboratorId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "obligation" t where t.organization_id = $1 and t.payout_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 219648
select t.partition, t.id as "id", t.distribution_id as "distributionId", t.collaborator_id as "collaboratorId", t.obligation_id as "obligationId", t.status as "status", t.value as "value", t.currency as "currency" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "allocation" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 151080
select t.partition, t.id as "id", t.distribution_id as "distributionId", t.collaborator_id as "collaboratorId", t.obligation_id as "obligationId", t.status as "status", t.value as "value", t.currency as "currency" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "allocation" t where t.organization_id = $1 and t.distribution_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 2c3b93
select t.partition, t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.revenue as "revenue", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "distribution" t where t.organization_id = $1 and t.distributor_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 6906a8
select t.partition, t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "conversion" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- b6d94b
select t.partition, t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "conversion" t where t.organization_id = $1 and t.transaction_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 6b2b08
select t.partition, t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "transaction" t where t.organization_id = $1 and t.opportunity_id = k.key order by t.id desc limit n) t) t order by t.partition, t.id desc;

-- 51f977
select t.partition, t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", coalesce(collaborator.name, 'another collaborator') as "collaboratorName", coalesce(program.name, 'another program') as "programName" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "engagement" t where t.organization_id = $1 and t.collaborator_id = k.key order by t.id desc limit n) t) t left join lateral (select case when collaborator.status = 'deleted' then 'Collaborator #' || collaborator.id else coalesce(collaborator.nickname, collaborator.full_name) end as name from collaborator where collaborator.organization_id = $1 and collaborator.id = t.collaborator_id limit n) collaborator on true left join lateral (select case when program.status = 'deleted' then 'Program #' || program.id else program.name end as name from program where program.organization_id = $1 and program.id = t.program_id) program on true order by t.partition, t.id desc;

-- bff6c3
select t.partition, t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", coalesce(collaborator.name, 'another collaborator') as "collaboratorName", coalesce(program.name, 'another program') as "programName" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "engagement" t where t.organization_id = $1 and t.opportunity_id = k.key order by t.id desc limit n) t) t left join lateral (select case when collaborator.status = 'deleted' then 'Collaborator #' || collaborator.id else coalesce(collaborator.nickname, collaborator.full_name) end as name from collaborator where collaborator.organization_id = $1 and collaborator.id = t.collaborator_id limit n) collaborator on true left join lateral (select case when program.status = 'deleted' then 'Program #' || program.id else program.name end as name from program where program.organization_id = $1 and program.id = t.program_id) program on true order by t.partition, t.id desc;

-- 3b269a
select t.partition, t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", coalesce(collaborator.name, 'another collaborator') as "collaboratorName", coalesce(program.name, 'another program') as "programName" from (select t.*, k.key as partition from unnest($2::bigint[]) as k(key) cross join lateral (select t.* from "engagement" t where t.organization_id = $1 and t.program_id = k.key order by t.id desc limit n) t) t left join lateral (select case when collaborator.status = 'deleted' then 'Collaborator #' || collaborator.id else coalesce(collaborator.nickname, collaborator.full_name) end as name from collaborator where collaborator.organization_id = $1 and collaborator.id = t.collaborator_id limit n) collaborator on true left join lateral (select case when program.status = 'deleted' then 'Program #' || program.id else program.name end as name from program where program.organization_id = $1 and program.id = t.program_id) program on true order by t.partition, t.id desc;

-- d44ee5
select t.payout_id as partition, count(*) as count from "obligation" t where t.organization_id = $1 and t.payout_id = $2::bigint group by t.payout_id;

-- 528585
select t.program_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.program_id = $2::bigint group by t.program_id;

-- 7832ab
select t.transaction_id as partition, count(*) as count from "conversion" t where t.organization_id = $1 and t.transaction_id = $2::bigint group by t.transaction_id;
