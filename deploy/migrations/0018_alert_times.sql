-- When an alert was raised, which may be long before it came: what it asks for depends on that. Null of those that came before this, and of what a
-- process of the version before writes while both run: of an alert it counts as when it came, of a delivery as now.
ALTER TABLE alerts ADD COLUMN raised_at_ms bigint;
-- Of the newest alert that it stands for.
ALTER TABLE alert_deliveries ADD COLUMN raised_at_ms bigint;
