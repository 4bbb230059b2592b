export const forgottenData = `
-- When a person let go of a data version. Its number is never given again.
alter table datasets add column forgotten_at integer;
`;
