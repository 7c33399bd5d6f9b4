-- What others than their owners may ask about sign-ins: which sessions have not ended, of accounts that may act.
-- Whether one has expired is for the asker's clock to say.
create view live_sign_in as
select s.sid, s.account_id, s.expires_at
from sign_in_session s join account a on a.id = s.account_id
where s.ended_at is null and not a.suspended;
