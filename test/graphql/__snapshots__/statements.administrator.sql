-- What each list costs, with everything selected.
-- Query.collaborators: 708f55 708f55 9b0631 b37865 c99b4b ca1ef8
-- Query.conversions: 708f55 708f55 9abd26 84ed5e c6af76 259ef2 832750 c4aa2f
-- Query.distributions: e6d725 5c69e5 a981cc
-- Query.distributors: 8e030f 9bc4a0
-- Query.engagements: 068ca3 91b32c 259ef2 fdcca4 e9cd17 2366e9
-- Query.fulfillments: 6f1b31 6b4085
-- Query.notes: 708f55 6b21d0 d14797 1ed80b
-- Query.obligations: 708f55 45f2ae c99f1d aeab9a d1b5a6 259ef2
-- Query.opportunities: bfacf5 2366e9 d43f08
-- Query.payouts: 708f55 b4cc07 04ce02 259ef2 6ff2e7
-- Query.programs: 708f55 6bcb95 2e36b0 11c146
-- Query.transactions: 312529 cf8a8a 832750 41d639 2366e9
-- Collaborator.allocations of many: 708f55 326023 84ed5e df0fdd 259ef2 c99b4b 219648
-- Collaborator.conversions of many: 708f55 708f55 038ab8 84ed5e 259ef2 c99b4b 832750 c4aa2f 6906a8
-- Collaborator.engagements of many: 00b34d 91b32c 259ef2 c99b4b fdcca4 2366e9 51f977
-- Collaborator.notes of many: 708f55 656f53 cb66f8 1ed80b c99b4b
-- Collaborator.obligations of many: 708f55 9e5387 c99f1d d1b5a6 259ef2 c99b4b 87b7c3
-- Collaborator.payouts of many: 708f55 9803e3 259ef2 c99b4b 6ff2e7 70c49e
-- Conversion.notes of many: 708f55 17924d 4b1e81 1ed80b c6af76
-- Distribution.allocations of many: 708f55 d90ea2 84ed5e df0fdd 5c69e5 259ef2 151080
-- Distribution.notes of many: 708f55 41d3f0 03ab3e 1ed80b 5c69e5
-- Distributor.distributions of many: f53fd9 a981cc 9bc4a0 2c3b93
-- Distributor.notes of many: 708f55 8b2a27 bfce82 1ed80b 9bc4a0
-- Engagement.notes of many: 708f55 401a69 9282ab 1ed80b d11b39
-- Fulfillment.notes of many: 708f55 81d0f4 371748 1ed80b 6b4085
-- Fulfillment.payouts of many: 708f55 a70d82 259ef2 6ff2e7 6b4085 5d60fb
-- Obligation.notes of many: 708f55 dfd24b a0d244 1ed80b aeab9a
-- Opportunity.engagements of many: 91b32c 259ef2 fdcca4 2366e9 d43f08 62a0a0 bff6c3
-- Opportunity.notes of many: 708f55 64bdd9 9a7275 1ed80b d43f08
-- Opportunity.transactions of many: cf8a8a 832750 2366e9 d43f08 8f46b0 6b2b08
-- Payout.notes of many: 708f55 2bd1f6 3aa55f 1ed80b 04ce02
-- Payout.obligations of many: 708f55 c99f1d 04ce02 d1b5a6 259ef2 0d3935 cf759a
-- Program.engagements of many: 91b32c 259ef2 fdcca4 11c146 2366e9 3b269a 1f2d65
-- Program.notes of many: 708f55 c94e87 3b2624 1ed80b 11c146
-- Transaction.conversions of many: 708f55 708f55 84ed5e 259ef2 832750 41d639 c4aa2f b6d94b 86aa04
-- Transaction.notes of many: 708f55 c7e3ad 9c1fae 1ed80b 41d639
-- Collaborator.allocations, long: 708f55 326023 84ed5e df0fdd 3aeeb0 259ef2 219648
-- Collaborator.conversions, long: 708f55 708f55 038ab8 84ed5e 3aeeb0 259ef2 832750 c4aa2f 6906a8
-- Collaborator.engagements, long: 00b34d 91b32c 3aeeb0 259ef2 fdcca4 2366e9 51f977
-- Collaborator.notes, long: 708f55 656f53 cb66f8 1ed80b 3aeeb0
-- Collaborator.obligations, long: 708f55 9e5387 c99f1d d1b5a6 3aeeb0 259ef2 87b7c3
-- Collaborator.payouts, long: 708f55 9803e3 3aeeb0 259ef2 6ff2e7 70c49e
-- Conversion.notes, long: 708f55 17924d 4b1e81 1ed80b 09cbf6
-- Distribution.allocations, long: 708f55 d90ea2 84ed5e 4a39a3 df0fdd 259ef2 151080
-- Distribution.notes, long: 708f55 41d3f0 03ab3e 1ed80b 4a39a3
-- Distributor.distributions, long: f53fd9 4e92ee a981cc 2c3b93
-- Distributor.notes, long: 708f55 8b2a27 bfce82 1ed80b 4e92ee
-- Engagement.notes, long: 708f55 401a69 9282ab 1ed80b 793ecc
-- Fulfillment.notes, long: 708f55 81d0f4 371748 1ed80b bcb308
-- Fulfillment.payouts, long: 708f55 a70d82 259ef2 bcb308 6ff2e7 5d60fb
-- Obligation.notes, long: 708f55 dfd24b a0d244 1ed80b 010b5d
-- Opportunity.engagements, long: 91b32c 259ef2 fdcca4 43ab7b 2366e9 62a0a0 bff6c3
-- Opportunity.notes, long: 708f55 64bdd9 9a7275 1ed80b 43ab7b
-- Opportunity.transactions, long: cf8a8a 832750 43ab7b 2366e9 8f46b0 6b2b08
-- Payout.notes, long: 708f55 2bd1f6 3aa55f 1ed80b 162ff4
-- Payout.obligations, long: 708f55 162ff4 c99f1d d1b5a6 259ef2 0d3935 cf759a
-- Program.engagements, long: 91b32c 259ef2 538236 fdcca4 2366e9 3b269a 1f2d65
-- Program.notes, long: 708f55 c94e87 3b2624 1ed80b 538236
-- Transaction.conversions, long: 708f55 708f55 84ed5e 259ef2 0ca3ae 832750 c4aa2f b6d94b 86aa04
-- Transaction.notes, long: 708f55 c7e3ad 9c1fae 1ed80b 0ca3ae
-- Query.bindings: 708f55 708f55 91b32c 259ef2 fdcca4 c0ba1a 2366e9
-- Query.nodes: 708f55 708f55 91b32c 259ef2 fdcca4 c4aa2f 2366e9

-- 708f55
select 'collaborator' as type, t.id, case when t.status = 'deleted' then 'Collaborator #' || t.id else coalesce(t.nickname, t.full_name) end as name from collaborator t where t.organization_id = $1 and t.id = any($2::bigint[]) union all select 'program' as type, t.id, case when t.status = 'deleted' then 'Program #' || t.id else t.name end as name from program t where t.organization_id = $1 and t.id = any($3::bigint[]) union all select 'distributor' as type, t.id, case when t.status = 'deleted' then 'Distributor #' || t.id else t.name end as name from distributor t where t.organization_id = $1 and t.id = any($4::bigint[]) union all select 'organization' as type, t.id, t.name as name from organization t where t.id = $1 and t.id = any($5::bigint[]);

-- 9b0631
select a.id as "id", a.collaborator_id as "collaboratorId", a.type as "type", a.code as "code", a.issued_date as "issuedDate", a.retired_date as "retiredDate" from collaborator_alias a join collaborator t on t.organization_id = a.organization_id and t.id = a.collaborator_id where a.organization_id = $1 and a.collaborator_id = any($2::bigint[]) order by a.id;

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

-- 2e36b0
select e.program_id as "programId", e.type, e.value from program_engagement_type e join program t on t.organization_id = e.organization_id and t.id = e.program_id where e.organization_id = $1 and e.program_id = any($2::bigint[]) order by e.type;

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

-- cf8a8a
select l.id as "id", l.transaction_id as "transactionId", l.external_id as "externalId", l.name as "name", l.description as "description", l.type as "type", l.value as "value", l.quantity as "quantity", l.units as "units", l.attributes as "attributes" from line_item l where l.organization_id = $1 and l.transaction_id = any($2::bigint[]) order by l.id;

-- d14797
select n.id, n.content, n.creation_source as "creationSource", n.creation_source_id as "creationSourceId", n.date_created as "dateCreated", n.data, (select string_agg(s.source_type || ':' || s.source_id, ',' order by s.source_type, s.source_id) from note_source s where s.organization_id = $1 and s.note_id = n.id) as sources from (select distinct on (s.date_created, s.note_id) s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' order by date_created asc, note_id asc limit n) f cross join lateral (select * from note where organization_id = $1 and id = f.note_id limit n) n order by f.date_created asc, f.note_id asc;

-- 1ed80b
select p.note_id as id, (sum((select count(*) from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = $3::bigint) f where (f.date_created, f.note_id) < (p.date_created, p.note_id) and (f.date_created, f.note_id) >= (p.previous_date_created, p.previous_note_id))) over (order by date_created, note_id))::bigint as position from (select l.*, lag(l.date_created, 1, '-infinity') over (order by date_created, note_id) as previous_date_created, lag(l.note_id, 1, 0::bigint) over (order by date_created, note_id) as previous_note_id from (select s.note_id, s.date_created from note_source s where s.organization_id = $1 and s.source_type = 'collaborator' and s.source_id = $3::bigint) l where l.note_id = any($2::bigint[])) p;

-- 326023
select t.collaborator_id as partition, count(*) as count from "allocation" t where t.organization_id = $1 and t.collaborator_id = any($2::bigint[]) group by t.collaborator_id;

-- 038ab8
select t.collaborator_id as partition, count(*) as count from "conversion" t where t.organization_id = $1 and t.collaborator_id = any($2::bigint[]) group by t.collaborator_id;

-- 00b34d
select t.collaborator_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.collaborator_id = any($2::bigint[]) group by t.collaborator_id;

-- 9e5387
select t.collaborator_id as partition, count(*) as count from "obligation" t where t.organization_id = $1 and t.collaborator_id = any($2::bigint[]) group by t.collaborator_id;

-- 9803e3
select t.collaborator_id as partition, count(*) as count from "payout" t where t.organization_id = $1 and t.collaborator_id = any($2::bigint[]) group by t.collaborator_id;

-- d90ea2
select t.distribution_id as partition, count(*) as count from "allocation" t where t.organization_id = $1 and t.distribution_id = any($2::bigint[]) group by t.distribution_id;

-- f53fd9
select t.distributor_id as partition, count(*) as count from "distribution" t where t.organization_id = $1 and t.distributor_id = any($2::bigint[]) group by t.distributor_id;

-- a70d82
select t.fulfillment_id as partition, count(*) as count from "payout" t where t.organization_id = $1 and t.fulfillment_id = any($2::bigint[]) group by t.fulfillment_id;

-- 162ff4
select t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- c99f1d
select t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- 04ce02
select t.id as "id", t.collaborator_id as "collaboratorId", t.fulfillment_id as "fulfillmentId", t.value as "value", t.currency as "currency", t.status as "status", t.date_paid as "datePaid", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "payout" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 010b5d
select t.id as "id", t.collaborator_id as "collaboratorId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 84ed5e
select t.id as "id", t.collaborator_id as "collaboratorId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- aeab9a
select t.id as "id", t.collaborator_id as "collaboratorId", t.payout_id as "payoutId", t.status as "status", t.award_type as "awardType", t.value as "value", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "obligation" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 4a39a3
select t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.revenue as "revenue", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- df0fdd
select t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.revenue as "revenue", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- 5c69e5
select t.id as "id", t.distributor_id as "distributorId", t.status as "status", t.revenue as "revenue", t.value as "value", t.currency as "currency", t.trigger_date as "triggerDate", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distribution" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 91b32c
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 and t.engagement_id = any($2::bigint[])) t;

-- 09cbf6
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- d1b5a6
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 and t.obligation_id = any($2::bigint[])) t;

-- c6af76
select t.id as "id", t.engagement_id as "engagementId", t.collaborator_id as "collaboratorId", t.transaction_id as "transactionId", t.obligation_id as "obligationId", t.score as "score", t.type as "type", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "conversion" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 3aeeb0
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "collaborator" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 259ef2
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "collaborator" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- c99b4b
select t.id as "id", t.full_name as "fullName", t.nickname as "nickname", t.email as "email", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "collaborator" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 538236
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "program" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- fdcca4
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "program" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- 11c146
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "program" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- ca1ef8
select t.id as "id", t.group_id as "groupId", t.name as "name", t.description as "description", t.status as "status", t.incentive_type as "incentiveType", t.incentive_resolver_type as "incentiveResolverType", t.units as "units", t.transaction_percent as "transactionPercent", t.payout_per_transaction as "payoutPerTransaction", t.payout_per_product as "payoutPerProduct", t.payout_per_lead as "payoutPerLead", t.active_conversion_types::text[] as "activeConversionTypes", t.auto_approve as "autoApprove", t.lead_requalification_days as "leadRequalificationDays", t.expiration_days as "expirationDays", t.date_created as "dateCreated", t.date_modified as "dateModified", n.collaborator_id as "collaboratorId" from enrollment n join program t on t.organization_id = n.organization_id and t.id = n.program_id where n.organization_id = $1 and n.collaborator_id = any($2::bigint[]) order by t.id;

-- 4e92ee
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- a981cc
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- 9bc4a0
select t.id as "id", t.name as "name", t.description as "description", t.status as "status", t.distribution_resolver as "distributionResolver", t.distribution_pool_resolver as "distributionPoolResolver", t.units as "units", t.schedule as "schedule", t.revenue_percentage as "revenuePercentage", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "distributor" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 0ca3ae
select t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 832750
select t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- 41d639
select t.id as "id", t.opportunity_id as "opportunityId", t.original_transaction_id as "originalTransactionId", t.status as "status", t.source as "source", t.external_id as "externalId", t.total_value as "totalValue", t.currency as "currency", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "transaction" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 793ecc
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- c4aa2f
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- c0ba1a
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 and t.opportunity_id = $2::bigint and t.program_id = $3::bigint and t.status = 'active' order by t.date_created asc, t.id asc limit n) t order by t.date_created asc, t.id asc;

-- d11b39
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "engagement" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- e9cd17
select t.id as "id", t.opportunity_id as "opportunityId", t.program_id as "programId", t.collaborator_id as "collaboratorId", t.score as "score", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified", coalesce(collaborator.name, 'another collaborator') as "collaboratorName", coalesce(program.name, 'another program') as "programName" from (select t.* from "engagement" t where t.organization_id = $1 order by t.id desc limit n) t left join lateral (select case when collaborator.status = 'deleted' then 'Collaborator #' || collaborator.id else coalesce(collaborator.nickname, collaborator.full_name) end as name from collaborator where collaborator.organization_id = $1 and collaborator.id = t.collaborator_id limit n) collaborator on true left join lateral (select case when program.status = 'deleted' then 'Program #' || program.id else program.name end as name from program where program.organization_id = $1 and program.id = t.program_id) program on true order by t.id desc;

-- bcb308
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 6ff2e7
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- 6b4085
select t.id as "id", t.status as "status", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "fulfillment" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 43ab7b
select t.id as "id", t.status as "status", t.user_id as "userId", t.merged_into_id as "mergedIntoId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = $2::bigint order by t.id desc limit n) t order by t.id desc;

-- 2366e9
select t.id as "id", t.status as "status", t.user_id as "userId", t.merged_into_id as "mergedIntoId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 and t.id = any($2::bigint[])) t;

-- d43f08
select t.id as "id", t.status as "status", t.user_id as "userId", t.merged_into_id as "mergedIntoId", t.date_created as "dateCreated", t.date_modified as "dateModified" from (select t.* from "opportunity" t where t.organization_id = $1 order by t.id desc limit n) t order by t.id desc;

-- 62a0a0
select t.opportunity_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.opportunity_id = any($2::bigint[]) group by t.opportunity_id;

-- 8f46b0
select t.opportunity_id as partition, count(*) as count from "transaction" t where t.organization_id = $1 and t.opportunity_id = any($2::bigint[]) group by t.opportunity_id;

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

-- cf759a
select t.payout_id as partition, count(*) as count from "obligation" t where t.organization_id = $1 and t.payout_id = any($2::bigint[]) group by t.payout_id;

-- 1f2d65
select t.program_id as partition, count(*) as count from "engagement" t where t.organization_id = $1 and t.program_id = any($2::bigint[]) group by t.program_id;

-- 86aa04
select t.transaction_id as partition, count(*) as count from "conversion" t where t.organization_id = $1 and t.transaction_id = any($2::bigint[]) group by t.transaction_id;
